//! Checking a template when it is saved: what it names exists, is there for every trigger, fits its filters; nothing in it can
//! grow without bound. Every fault says line and column.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enums matched here are MiniJinja's, which grow"
)]

use super::filters::{NAMES, OF_INSTANTS};
use super::{MISSING_STEP, Scope};
use crate::invalid::{Faults, nearest};
use crate::variables::{self, VarKind};
use minijinja::machinery::ast::{CallArg, Expr, Stmt};
use minijinja::machinery::{Span, Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Tags that could make a text grow, or reach outside it.
const TAGS: &[&str] = &[
    "macro",
    "call",
    "import",
    "from",
    "include",
    "extends",
    "filter",
    "do",
    "with",
    "block",
    "autoescape",
];
/// Most levels of nesting in an expression or block.
const DEPTH: usize = 40;

/// Places of what is not allowed at all: line, column, sentence. Cheap, so it is asked before every rendering too.
pub(super) fn forbidden(source: &str) -> Vec<(usize, usize, String)> {
    let (mut bad, mut tag, mut setting) = (Vec::new(), false, false);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let Ok((token, span)) = token else { break }; // the parser says it better
        let (line, column) = place(source, &span);
        match &token {
            Token::BlockStart => setting = false,
            Token::Ident(word) if tag && TAGS.contains(word) => {
                bad.push((line, column, format!("the tag `{word}` is not allowed")));
            }
            Token::Ident("set") if tag => setting = true,
            Token::Mul | Token::Pow => bad.push((line, column, "`*` is not allowed".to_owned())),
            Token::Tilde | Token::Plus if setting => {
                bad.push((
                    line,
                    column,
                    "texts cannot be joined in `set`: join them where they are printed".to_owned(),
                ));
            }
            Token::Pipe if setting => bad.push((line, column, "filters are not allowed in `set`".to_owned())),
            _ => {}
        }
        tag = matches!(token, Token::BlockStart);
    }
    bad
}

/// Line and column of a span, from 1, columns in characters.
fn place(source: &str, span: &Span) -> (usize, usize) {
    let offset = usize::try_from(span.start_offset).unwrap_or(0).min(source.len());
    position(source, offset)
}
fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// Checks a template and adds its faults.
pub(super) fn check(source: &str, scope: &Scope<'_>, at: &str, faults: &mut Faults) {
    for (line, column, message) in forbidden(source) {
        faults.error(
            at,
            "bad_template",
            format!("line {line}, column {column}: {message}"),
        );
    }
    let tree = match parse(source, "text", SyntaxConfig::default()) {
        Ok(tree) => tree,
        Err(error) => {
            let (line, column) = error
                .range()
                .map_or((error.line().unwrap_or(1), 1), |r| position(source, r.start));
            let detail = error.detail().unwrap_or("this is not a valid template");
            faults.error(
                at,
                "bad_template",
                format!("line {line}, column {column}: {detail}"),
            );
            return;
        }
    };
    let mut walk = Walk {
        source,
        scope,
        at,
        faults,
        own: Vec::new(),
        opened: false,
        guarded: Vec::new(),
        depth: 0,
    };
    walk.statement(&tree);
}

struct Walk<'a, 'f> {
    source: &'a str,
    scope: &'a Scope<'a>,
    at: &'a str,
    faults: &'f mut Faults,
    /// Names that `set` and `for` have made.
    own: Vec<String>,
    /// Inside `{% if booking %}`: names of bookings exist whatever the trigger.
    opened: bool,
    /// Names that an `if` around has asked for.
    guarded: Vec<String>,
    depth: usize,
}

impl<'a> Walk<'a, '_> {
    fn fault(&mut self, span: &Span, code: &'static str, message: &str, suggestion: Option<String>) {
        let (line, column) = place(self.source, span);
        let hint = suggestion
            .as_ref()
            .map(|s| format!("; did you mean `{s}`?"))
            .unwrap_or_default();
        let message = format!("line {line}, column {column}: {message}{hint}");
        self.faults.errors.push(crate::invalid::Invalid {
            pointer: self.at.to_owned(),
            code,
            message,
            suggestion,
        });
    }

    fn all(&mut self, statements: &[Stmt<'a>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'a>) {
        match statement {
            Stmt::Template(t) => self.all(&t.children),
            Stmt::EmitExpr(e) => {
                self.printed(&e.expr);
            }
            Stmt::ForLoop(f) => {
                self.expression(&f.iter);
                let kept = self.own.len();
                self.own.push("loop".to_owned());
                self.bind(&f.target);
                if let Some(filter) = &f.filter_expr {
                    self.expression(filter);
                }
                self.all(&f.body);
                self.own.truncate(kept);
                self.all(&f.else_body);
            }
            Stmt::IfCond(c) => {
                self.expression(&c.expr);
                let (opened, kept) = (self.opened, self.guarded.len());
                self.opened |= matches!(&c.expr, Expr::Var(v) if v.id == "booking");
                self.guard(&c.expr);
                self.all(&c.true_body);
                (self.opened, ()) = (opened, self.guarded.truncate(kept));
                self.all(&c.false_body);
            }
            Stmt::Set(s) => {
                self.expression(&s.expr);
                self.bind(&s.target);
            }
            Stmt::SetBlock(s) => {
                let (line, column) = place(self.source, &s.span());
                let message = format!("line {line}, column {column}: `set` without `=` is not allowed");
                self.faults.error(self.at, "bad_template", message);
            }
            _ => {} // raw text, loop controls; forbidden tags are refused by their tokens
        }
    }

    fn bind(&mut self, target: &Expr<'a>) {
        match target {
            Expr::Var(v) => self.own.push(v.id.to_owned()),
            Expr::List(l) => l.items.iter().for_each(|i| self.bind(i)),
            Expr::Tuple(t) => t.items.iter().for_each(|i| self.bind(i)),
            _ => {}
        }
    }

    fn guard(&mut self, condition: &Expr<'a>) {
        match condition {
            Expr::BinOp(b) => {
                self.guard(&b.left);
                self.guard(&b.right);
            }
            Expr::Filter(f) => f.expr.iter().for_each(|e| self.guard(e)),
            Expr::Compare(c) => self.guard(&c.expr),
            other => self.guarded.extend(dotted(other)),
        }
    }

    /// A printed value that may be empty is worth a warning, unless an `if` or `default` takes care of it.
    fn printed(&mut self, e: &Expr<'a>) {
        self.expression(e);
        let Some(name) = dotted(e) else { return };
        let guarded = |g: &String| {
            name == *g
                || name
                    .strip_prefix(g.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        let may_be_empty = variables::lookup(&name).is_some_and(|v| v.may_be_empty);
        if may_be_empty && !self.guarded.iter().any(guarded) {
            self.faults.warn(
                self.at,
                "may_be_empty",
                format!("`{name}` may be empty; it then prints as nothing"),
            );
        }
    }

    fn expression(&mut self, e: &Expr<'a>) -> Option<VarKind> {
        self.depth += 1;
        let kind = if self.depth > DEPTH { None } else { self.typed(e) };
        if self.depth == DEPTH + 1 {
            self.fault(&e.span(), "bad_template", "this is nested too deep", None);
        }
        self.depth -= 1;
        kind
    }

    fn typed(&mut self, e: &Expr<'a>) -> Option<VarKind> {
        if let Some(name) = dotted(e) {
            return self.name(&name, &e.span());
        }
        match e {
            Expr::Filter(f) => return self.filter(f, &e.span()),
            Expr::Const(_) | Expr::Var(_) => {}
            Expr::UnaryOp(u) => {
                self.expression(&u.expr);
            }
            Expr::BinOp(b) => {
                self.expression(&b.left);
                self.expression(&b.right);
            }
            Expr::Compare(c) => {
                self.expression(&c.expr);
                for op in &c.ops {
                    self.expression(&op.expr);
                }
            }
            Expr::IfExpr(i) => {
                self.expression(&i.test_expr);
                let kept = self.guarded.len();
                self.guard(&i.test_expr);
                self.expression(&i.true_expr);
                self.guarded.truncate(kept);
                i.false_expr.iter().for_each(|e| {
                    self.expression(e);
                });
            }
            Expr::Test(t) => {
                self.expression(&t.expr);
            }
            Expr::GetAttr(g) => {
                self.expression(&g.expr);
            }
            Expr::GetItem(g) => {
                self.expression(&g.expr);
                self.expression(&g.subscript_expr);
            }
            Expr::List(l) => l.items.iter().for_each(|i| {
                self.expression(i);
            }),
            Expr::Tuple(t) => t.items.iter().for_each(|i| {
                self.expression(i);
            }),
            Expr::Slice(s) => {
                self.expression(&s.expr);
            }
            Expr::Call(c) => self.fault(
                &c.span(),
                "bad_template",
                "functions cannot be called in texts",
                None,
            ),
            Expr::Map(m) => self.fault(&m.span(), "bad_template", "maps are not allowed in texts", None),
        }
        None
    }

    fn filter(&mut self, f: &minijinja::machinery::ast::Filter<'a>, span: &Span) -> Option<VarKind> {
        let kind = f.expr.as_ref().and_then(|e| self.expression(e));
        for arg in &f.args {
            if let CallArg::Pos(e) | CallArg::Kwarg(_, e) = arg {
                self.expression(e);
            }
        }
        if !NAMES.contains(&f.name) {
            let near = nearest(f.name, NAMES.iter().copied());
            self.fault(
                span,
                "unknown_filter",
                &format!("there is no filter `{}`", f.name),
                near,
            );
            return None;
        }
        let takes = match f.name {
            name if OF_INSTANTS.contains(&name) => Some((VarKind::Instant, "instants")),
            "money" => Some((VarKind::Money, "money")),
            "names" => Some((VarKind::List, "lists")),
            "phone" => Some((VarKind::Phone, "phone numbers")),
            _ => None,
        };
        if let (Some((wanted, what)), Some(kind)) = (takes, kind)
            && kind != wanted
            && kind != VarKind::Any
        {
            self.fault(
                span,
                "filter_does_not_fit",
                &format!("`{}` is for {what}, this is {kind}", f.name),
                None,
            );
        }
        match f.name {
            "tz" => Some(VarKind::Instant),
            "default" | "required" => kind,
            _ => Some(VarKind::Text),
        }
    }

    fn name(&mut self, name: &str, span: &Span) -> Option<VarKind> {
        let (head, rest) = name.split_once('.').unwrap_or((name, ""));
        if self.own.iter().any(|o| o == head) {
            return None;
        }
        if head == "steps" {
            return self.stored(rest, span);
        }
        let group = variables::all()
            .iter()
            .find(|v| v.group() == name && v.name != name);
        let variable = variables::lookup(name).filter(|v| !v.only_conditions).or(group);
        let Some(variable) = variable else {
            let known = variables::all()
                .iter()
                .filter(|v| !v.only_conditions)
                .map(|v| v.name);
            self.fault(
                span,
                "unknown_variable",
                &format!("there is no variable `{name}`"),
                nearest(name, known),
            );
            return None;
        };
        let probing = group.is_some() && rest.is_empty();
        let missing = variables::missing_in(variable, self.scope.kinds);
        if let Some(kind) = missing.filter(|_| !self.opened && !probing) {
            let message = format!("`{name}` does not exist for the trigger `{kind}`");
            self.fault(span, "not_available", &message, None);
            return None;
        }
        (variable.name == name || variable.name.ends_with("<key>")).then_some(variable.kind)
    }

    fn stored(&mut self, rest: &str, span: &Span) -> Option<VarKind> {
        let (step, field) = rest.split_once('.').unwrap_or((rest, ""));
        let Some(fields) = self.scope.stored.get(step) else {
            let near = nearest(step, self.scope.stored.keys().map(String::as_str));
            let message = format!("there is no earlier webhook called `{step}` that stores values");
            self.fault(span, "unknown_variable", &message, near);
            return None;
        };
        if !fields.iter().any(|f| f == field) {
            let near = nearest(field, fields.iter().map(String::as_str));
            self.fault(
                span,
                "unknown_variable",
                &format!("the webhook `{step}` stores no `{field}`"),
                near,
            );
        }
        Some(VarKind::Any)
    }
}

/// The dotted name of a chain of attributes, if it is one.
fn dotted(e: &Expr<'_>) -> Option<String> {
    match e {
        Expr::Var(v) => Some(v.id.to_owned()),
        Expr::GetAttr(g) => dotted(&g.expr).map(|head| format!("{head}.{}", g.name)),
        _ => None,
    }
}

/// The sentence of an error about a missing stored value.
pub(super) fn missing_step(name: &str) -> String {
    format!("{MISSING_STEP}: `{name}`")
}
