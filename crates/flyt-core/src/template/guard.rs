//! What no template may do, whatever it names: load, define, call, multiply, or put together more text than fits. MiniJinja's
//! fuel bounds its steps, not its memory, so growth is bounded here, before anything runs: every expression has a weight, the
//! most values it can hold at once, and a `set` can neither double without end nor grow inside a loop.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

use super::RenderProblem;
use super::places::{of_error, problem};
use crate::limits;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, ForLoop, Stmt};
use minijinja::machinery::{Token, parse as parse_tree, tokenize};
use minijinja::syntax::SyntaxConfig;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Most values that one expression may put together.
const WEIGHT: u32 = 64;
/// The same inside a loop.
const LOOP_WEIGHT: u32 = 8;
/// Most values that all `set` of a template may hold.
const SET_WEIGHT: u32 = 256;
/// Weight of what our own `replace`, `join` and `json` may give at most; they stop at the limit of rendered texts.
const CAPPED: u32 = 4;
/// Most work that all expressions of a template may take together: values joined, and text filters at a price of their own.
const WORK: u32 = 1_500;
/// Tokens of one tag, and `elif` of one template: both become depth of the tree, and depth is stack.
const TAG_TOKENS: usize = 400;
/// See `TAG_TOKENS`.
const ELIFS: usize = 100;
/// Loops inside loops.
const LOOPS: usize = 3;

/// Reads a template and refuses what may not run.
pub(super) fn parse(source: &str) -> Result<Stmt<'_>, RenderProblem> {
    if source.len() > limits::TEMPLATE_BYTES {
        return Err(problem(source, 0, "the template is too long"));
    }
    tokens(source)?;
    let tree = parse_tree(source, "", SyntaxConfig::default()).map_err(|e| of_error(source, &e))?;
    let mut guard = Guard {
        source,
        sets: BTreeMap::new(),
        loop_names: Vec::new(),
        loops: 0,
        held: 0,
        work: Cell::new(0),
    };
    guard.statement(&tree)?;
    Ok(tree)
}

/// True when a template may build text inside a loop: it then gets less fuel.
pub(super) fn is_heavy(source: &str) -> bool {
    let builders = [
        "~",
        "+",
        "replace",
        "join",
        "upper",
        "lower",
        "title",
        "capitalize",
        "json",
    ];
    source.contains("for") && builders.iter().any(|b| source.contains(b))
}

/// Refuses tags and operators before the parser folds constants (`'x' * 1000000000`).
fn tokens(source: &str) -> Result<(), RenderProblem> {
    let mut tag_begins = false;
    let (mut in_tag, mut elifs) = (0, 0);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|e| of_error(source, &e))?;
        let at = usize::try_from(span.start_offset).unwrap_or(0);
        in_tag += 1;
        match &token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => in_tag = 0,
            Token::Ident("elif") if tag_begins => elifs += 1,
            Token::Ident(word) if tag_begins && is_refused_tag(word) => {
                return Err(problem(source, at, format!("the tag `{word}` is not allowed")));
            }
            Token::Mul => return Err(problem(source, at, "`*` is not allowed")),
            Token::Pow => return Err(problem(source, at, "`**` is not allowed")),
            _ => {}
        }
        if in_tag > TAG_TOKENS || elifs > ELIFS {
            return Err(problem(source, at, "this is too long: part it into several"));
        }
        tag_begins = matches!(token, Token::BlockStart);
    }
    Ok(())
}

fn is_refused_tag(word: &str) -> bool {
    matches!(
        word,
        "with"
            | "macro"
            | "call"
            | "import"
            | "from"
            | "include"
            | "extends"
            | "block"
            | "filter"
            | "do"
            | "autoescape"
    )
}

struct Guard<'s> {
    source: &'s str,
    /// Weight of what each `set` holds.
    sets: BTreeMap<&'s str, u32>,
    /// Names of loops around, with the weight of their items.
    loop_names: Vec<(&'s str, u32)>,
    loops: usize,
    held: u32,
    work: Cell<u32>,
}

impl<'s> Guard<'s> {
    fn refuse<T>(&self, expr: &Expr<'_>, message: &str) -> Result<T, RenderProblem> {
        let at = usize::try_from(expr.span().start_offset).unwrap_or(0);
        Err(problem(self.source, at, message))
    }

    fn body(&mut self, body: &[Stmt<'s>]) -> Result<(), RenderProblem> {
        body.iter().try_for_each(|s| self.statement(s))
    }

    fn statement(&mut self, statement: &Stmt<'s>) -> Result<(), RenderProblem> {
        let refuse = |span: minijinja::machinery::Span| {
            let at = usize::try_from(span.start_offset).unwrap_or(0);
            Err(problem(self.source, at, "this tag is not allowed"))
        };
        match statement {
            Stmt::Template(t) => {
                collect_sets(&t.children, &mut self.sets);
                self.body(&t.children)
            }
            Stmt::EmitExpr(e) => self.weigh(&e.expr).map(drop),
            Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => Ok(()),
            Stmt::IfCond(i) => {
                self.weigh(&i.expr)?;
                self.body(&i.true_body)?;
                self.body(&i.false_body)
            }
            Stmt::Set(s) => self.set(&s.target, &s.expr),
            Stmt::ForLoop(f) => self.for_loop(f),
            Stmt::WithBlock(s) => refuse(s.span()),
            Stmt::SetBlock(s) => refuse(s.span()),
            Stmt::AutoEscape(s) => refuse(s.span()),
            Stmt::FilterBlock(s) => refuse(s.span()),
            Stmt::Block(s) => refuse(s.span()),
            Stmt::Import(s) => refuse(s.span()),
            Stmt::FromImport(s) => refuse(s.span()),
            Stmt::Extends(s) => refuse(s.span()),
            Stmt::Include(s) => refuse(s.span()),
            Stmt::Macro(s) => refuse(s.span()),
            Stmt::CallBlock(s) => refuse(s.span()),
            Stmt::Do(s) => refuse(s.span()),
        }
    }

    fn set(&mut self, target: &Expr<'s>, expr: &Expr<'s>) -> Result<(), RenderProblem> {
        let Expr::Var(name) = target else {
            return self.refuse(target, "`set` takes one name");
        };
        if self.loops > 0 && builds(expr) && self.reads_a_set(expr) {
            return self.refuse(expr, "inside a loop a `set` may not build on what a `set` holds");
        }
        let weight = self.weigh(expr)?;
        self.held = self.held.saturating_add(weight);
        if self.held > SET_WEIGHT {
            return self.refuse(expr, "the template keeps too much text in `set`");
        }
        let known = self.sets.entry(name.id).or_insert(0);
        *known = (*known).max(weight);
        Ok(())
    }

    fn for_loop(&mut self, f: &ForLoop<'s>) -> Result<(), RenderProblem> {
        let Expr::Var(name) = &f.target else {
            return self.refuse(&f.target, "a loop takes one name");
        };
        if f.recursive {
            return self.refuse(&f.target, "`recursive` is not allowed");
        }
        if self.loops >= LOOPS {
            return self.refuse(&f.target, "loops may not be nested this deep");
        }
        let weight = self.weigh(&f.iter)?;
        self.loops += 1;
        self.loop_names.push((name.id, weight));
        if let Some(filter) = &f.filter_expr {
            self.weigh(filter)?;
        }
        self.body(&f.body)?;
        self.loop_names.pop();
        self.loops -= 1;
        self.body(&f.else_body)
    }

    /// The weight of an expression, refused where it is too much.
    fn weigh(&self, expr: &Expr<'s>) -> Result<u32, RenderProblem> {
        let weight = self.weight(expr)?;
        let most = if self.loops > 0 { LOOP_WEIGHT } else { WEIGHT };
        if weight > most {
            return self.refuse(expr, "this puts too much text together");
        }
        if self.work.get() > WORK {
            return self.refuse(expr, "the template has too much to do");
        }
        Ok(weight)
    }

    fn weight(&self, expr: &Expr<'s>) -> Result<u32, RenderProblem> {
        Ok(match expr {
            Expr::Const(_) => 1,
            Expr::Var(v) => self.of_name(v.id),
            Expr::GetAttr(g) => self.weight(&g.expr)?,
            Expr::GetItem(g) => {
                self.weigh(&g.subscript_expr)?;
                self.weight(&g.expr)?
            }
            Expr::Slice(s) => {
                for part in [&s.start, &s.stop, &s.step].into_iter().flatten() {
                    self.weigh(part)?;
                }
                self.weight(&s.expr)?
            }
            Expr::UnaryOp(u) => self.weigh(&u.expr).map(|_| 1)?,
            Expr::BinOp(b) => {
                let (left, right) = (self.weight(&b.left)?, self.weight(&b.right)?);
                match b.op {
                    BinOpKind::Concat | BinOpKind::Add => {
                        let both = left.saturating_add(right);
                        self.works(both);
                        both
                    }
                    _ => left.max(right),
                }
            }
            Expr::Compare(c) => {
                self.weigh(&c.expr)?;
                for op in &c.ops {
                    self.weigh(&op.expr)?;
                }
                1
            }
            Expr::IfExpr(i) => {
                self.weigh(&i.test_expr)?;
                let other = i.false_expr.as_ref().map_or(Ok(1), |e| self.weight(e))?;
                self.weight(&i.true_expr)?.max(other)
            }
            Expr::Filter(f) => {
                let base = f.expr.as_ref().map_or(Ok(1), |e| self.weight(e))?;
                let args = self.arguments(&f.args)?;
                self.works(match f.name {
                    "replace" | "join" | "json" => 8,
                    "upper" | "lower" | "title" | "capitalize" => 4,
                    _ => 1,
                });
                match f.name {
                    "replace" | "join" | "json" => base.max(args).max(CAPPED),
                    _ => base.max(args),
                }
            }
            Expr::Test(t) => {
                self.weigh(&t.expr)?;
                self.arguments(&t.args)?;
                1
            }
            Expr::Call(_) => {
                return self.refuse(expr, "nothing can be called here; a filter is written with `|`");
            }
            Expr::List(l) => self.sum(l.items.iter())?,
            Expr::Tuple(t) => self.sum(t.items.iter())?,
            Expr::Map(m) => self.sum(m.keys.iter().chain(&m.values))?,
        })
    }

    fn works(&self, price: u32) {
        self.work.set(self.work.get().saturating_add(price));
    }

    fn sum<'e>(&self, items: impl Iterator<Item = &'e Expr<'s>>) -> Result<u32, RenderProblem>
    where
        's: 'e,
    {
        let mut sum: u32 = 1;
        for item in items {
            sum = sum.saturating_add(self.weight(item)?);
        }
        Ok(sum)
    }

    fn arguments(&self, args: &[CallArg<'s>]) -> Result<u32, RenderProblem> {
        let mut most = 1;
        for arg in args {
            let (CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e)) =
                arg;
            most = most.max(self.weight(e)?);
        }
        Ok(most)
    }

    fn of_name(&self, name: &str) -> u32 {
        let around = self.loop_names.iter().rev().find(|(n, _)| *n == name);
        around
            .map(|(_, w)| *w)
            .or_else(|| self.sets.get(name).copied())
            .unwrap_or(1)
            .max(1)
    }

    fn reads_a_set(&self, expr: &Expr<'s>) -> bool {
        let mut found = false;
        names_in(expr, &mut |name| found |= self.sets.contains_key(name));
        found
    }
}

/// Names of every `set` of a template, before any weight is known.
fn collect_sets<'s>(body: &[Stmt<'s>], sets: &mut BTreeMap<&'s str, u32>) {
    for statement in body {
        match statement {
            Stmt::Set(s) => {
                if let Expr::Var(name) = &s.target {
                    sets.insert(name.id, 0);
                }
            }
            Stmt::ForLoop(f) => {
                collect_sets(&f.body, sets);
                collect_sets(&f.else_body, sets);
            }
            Stmt::IfCond(i) => {
                collect_sets(&i.true_body, sets);
                collect_sets(&i.false_body, sets);
            }
            _ => {}
        }
    }
}

/// True when the expression may be longer than its parts.
fn builds(expr: &Expr<'_>) -> bool {
    !matches!(
        expr,
        Expr::Var(_) | Expr::Const(_) | Expr::GetAttr(_) | Expr::Compare(_) | Expr::Test(_)
    )
}

/// Calls `see` with every name that the expression reads.
pub(super) fn names_in<'s>(expr: &Expr<'s>, see: &mut dyn FnMut(&'s str)) {
    let all = |args: &[CallArg<'s>], see: &mut dyn FnMut(&'s str)| {
        for arg in args {
            let (CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e)) =
                arg;
            names_in(e, see);
        }
    };
    match expr {
        Expr::Var(v) => see(v.id),
        Expr::Const(_) => {}
        Expr::GetAttr(g) => names_in(&g.expr, see),
        Expr::GetItem(g) => {
            names_in(&g.expr, see);
            names_in(&g.subscript_expr, see);
        }
        Expr::Slice(s) => {
            for e in [Some(&s.expr), s.start.as_ref(), s.stop.as_ref(), s.step.as_ref()]
                .into_iter()
                .flatten()
            {
                names_in(e, see);
            }
        }
        Expr::UnaryOp(u) => names_in(&u.expr, see),
        Expr::BinOp(b) => {
            names_in(&b.left, see);
            names_in(&b.right, see);
        }
        Expr::Compare(c) => {
            names_in(&c.expr, see);
            c.ops.iter().for_each(|op| names_in(&op.expr, see));
        }
        Expr::IfExpr(i) => {
            for e in [Some(&i.test_expr), Some(&i.true_expr), i.false_expr.as_ref()]
                .into_iter()
                .flatten()
            {
                names_in(e, see);
            }
        }
        Expr::Filter(f) => {
            f.expr.iter().for_each(|e| names_in(e, see));
            all(&f.args, see);
        }
        Expr::Test(t) => {
            names_in(&t.expr, see);
            all(&t.args, see);
        }
        Expr::Call(c) => {
            names_in(&c.expr, see);
            all(&c.args, see);
        }
        Expr::List(l) => l.items.iter().for_each(|e| names_in(e, see)),
        Expr::Tuple(t) => t.items.iter().for_each(|e| names_in(e, see)),
        Expr::Map(m) => m.keys.iter().chain(&m.values).for_each(|e| names_in(e, see)),
    }
}
