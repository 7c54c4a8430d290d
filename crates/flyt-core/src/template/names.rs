//! Checking names, filters and kinds in a template that `guard` let through, dead branches included.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

mod kinds;
mod printed;
mod walk;

use super::guard::names_in;
use super::places::place;
use super::{Scope, Slot};
use crate::invalid::{Faults, Invalid, nearest};
use crate::variables::{self, Supply, VarKind, Variable};
use kinds::{Kind, TESTS};
use minijinja::machinery::ast::{CallArg, Expr, Stmt};
use std::collections::BTreeSet;
use walk::{begin, each_expr, each_path, path_of};

/// Adds every fault of a template to `faults`.
pub(super) fn check(
    source: &str,
    tree: &Stmt<'_>,
    slot: Slot,
    scope: Scope<'_>,
    at: &str,
    faults: &mut Faults,
) {
    let mut checker = Checker {
        source,
        slot,
        scope,
        at,
        faults,
        locals: Vec::new(),
        opened: Vec::new(),
        guarded: Vec::new(),
        warned: BTreeSet::new(),
    };
    checker.statement(tree);
}

/// Names of webhook actions whose stored values a template reads.
pub(super) fn steps(tree: &Stmt<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each_expr(tree, &mut |expr| {
        if let Some(path) = path_of(expr)
            && let Some(rest) = path.strip_prefix("steps.")
        {
            found.insert(rest.split('.').next().unwrap_or(rest).to_owned());
        }
    });
    found
}

struct Checker<'c, 's> {
    source: &'s str,
    slot: Slot,
    scope: Scope<'c>,
    at: &'c str,
    faults: &'c mut Faults,
    locals: Vec<(&'s str, Kind)>,
    /// Groups that an `if` around has found there: `{% if booking %}`.
    opened: Vec<Supply>,
    /// Names that an `if` around has asked for.
    guarded: Vec<String>,
    warned: BTreeSet<String>,
}

impl<'s> Checker<'_, 's> {
    fn fault(&mut self, expr: &Expr<'_>, code: &'static str, message: &str, suggestion: Option<String>) {
        let (line, column) = place(self.source, begin(expr));
        let hint = suggestion
            .as_ref()
            .map(|s| format!("; did you mean `{s}`?"))
            .unwrap_or_default();
        self.faults.errors.push(Invalid {
            pointer: self.at.to_owned(),
            code,
            message: format!("line {line}, column {column}: {message}{hint}"),
            suggestion,
        });
    }

    fn body(&mut self, body: &[Stmt<'s>]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::Template(t) => self.body(&t.children),
            Stmt::EmitExpr(e) => {
                let kind = self.kind(&e.expr);
                self.printed(&e.expr, &kind);
            }
            Stmt::IfCond(i) => {
                self.asked(&i.expr);
                let (opened, guarded) = (self.opened.len(), self.guarded.len());
                self.open(&i.expr);
                self.body(&i.true_body);
                self.opened.truncate(opened);
                self.guarded.truncate(guarded);
                self.body(&i.false_body);
            }
            Stmt::Set(s) => {
                let kind = self.kind(&s.expr);
                if let Expr::Var(name) = &s.target {
                    self.locals.push((name.id, kind));
                }
            }
            Stmt::ForLoop(f) => {
                let item = self.items(&f.iter);
                let known = self.locals.len();
                if let Expr::Var(name) = &f.target {
                    self.locals.push((name.id, item));
                }
                self.locals.push(("loop", Kind::Loop));
                if let Some(filter) = &f.filter_expr {
                    self.kind(filter);
                }
                self.body(&f.body);
                self.locals.truncate(known);
                self.body(&f.else_body);
            }
            _ => {}
        }
    }

    /// What a loop goes over.
    fn items(&mut self, iter: &Expr<'s>) -> Kind {
        match self.kind(iter) {
            Kind::Of(VarKind::List) => Kind::Of(VarKind::Text),
            Kind::Of(VarKind::Extras) => Kind::Extra,
            Kind::Of(VarKind::Any) | Kind::Literal | Kind::Unknown => Kind::Of(VarKind::Any),
            Kind::Of(_) | Kind::Group(_) | Kind::Extra | Kind::Loop => {
                self.fault(iter, "wrong_kind", "a loop needs a list", None);
                Kind::Unknown
            }
        }
    }

    /// A test of an `if`: groups may be asked for bare if at least one trigger supplies them.
    fn asked(&mut self, expr: &Expr<'s>) {
        match expr {
            Expr::Var(v) if self.local(v.id).is_none() => {
                if let Some(variable) = variables::lookup(v.id) {
                    let kinds = self.scope.kinds;
                    if !kinds.is_empty() && !kinds.iter().any(|k| variable.available(*k)) {
                        self.not_supplied(expr, v.id);
                    }
                } else {
                    self.kind(expr);
                }
            }
            Expr::UnaryOp(u) => self.asked(&u.expr),
            Expr::BinOp(b) if matches!(b.op, minijinja::machinery::ast::BinOpKind::ScAnd) => {
                self.asked(&b.left);
                let (opened, guarded) = (self.opened.len(), self.guarded.len());
                self.open(&b.left);
                self.asked(&b.right);
                self.opened.truncate(opened);
                self.guarded.truncate(guarded);
            }
            _ => drop(self.kind(expr)),
        }
    }

    /// What holds inside the branch of an `if`.
    fn open(&mut self, expr: &Expr<'s>) {
        match expr {
            Expr::BinOp(b) if matches!(b.op, minijinja::machinery::ast::BinOpKind::ScAnd) => {
                self.open(&b.left);
                self.open(&b.right);
            }
            Expr::Var(_)
            | Expr::GetAttr(_)
            | Expr::Compare(_)
            | Expr::Filter(_)
            | Expr::Test(_)
            | Expr::GetItem(_)
            | Expr::BinOp(_) => {
                if let Expr::Var(v) = expr
                    && let Some(variable) = variables::lookup(v.id)
                    && variable.kind == VarKind::Object
                {
                    self.opened.push(variable.supply);
                }
                let guarded = &mut self.guarded;
                each_path(expr, &mut |path| guarded.push(path));
            }
            _ => {}
        }
    }

    fn local(&self, name: &str) -> Option<Kind> {
        self.locals
            .iter()
            .rev()
            .find(|(n, _)| *n == name)
            .map(|(_, k)| k.clone())
    }

    fn not_supplied(&mut self, expr: &Expr<'_>, name: &str) {
        let variable = variables::lookup(name);
        let missing = self
            .scope
            .kinds
            .iter()
            .find(|k| variable.is_some_and(|v| !v.available(**k)));
        let trigger = missing.map_or("", |k| k.word());
        let message = format!("`{name}` does not exist where the trigger is {trigger}");
        self.fault(expr, "not_supplied", &message, None);
    }

    /// A name of the catalogue: does it exist, and does every trigger supply it?
    fn named(&mut self, expr: &Expr<'_>, name: &str) -> Kind {
        let Some(variable) = variables::lookup(name) else {
            let message = format!("`{name}` does not exist");
            self.fault(
                expr,
                "unknown_variable",
                &message,
                nearest(name, variables::names()),
            );
            return Kind::Unknown;
        };
        let supplied = |k: &crate::trigger::TriggerKind| variable.available(*k) || self.opens(&variable);
        if !self.scope.kinds.iter().all(supplied) {
            self.not_supplied(expr, name);
        }
        if variable.kind == VarKind::Object {
            Kind::Group(name.to_owned())
        } else {
            Kind::Of(variable.kind)
        }
    }

    fn opens(&self, variable: &Variable) -> bool {
        self.opened
            .iter()
            .any(|o| *o == variable.supply || (variable.supply == Supply::Booking && *o != Supply::All))
    }

    pub(super) fn kind(&mut self, expr: &Expr<'s>) -> Kind {
        match expr {
            Expr::Const(_)
            | Expr::List(_)
            | Expr::Tuple(_)
            | Expr::Map(_)
            | Expr::BinOp(_)
            | Expr::Compare(_) => {
                self.parts(expr);
                Kind::Literal
            }
            Expr::Var(v) => {
                if v.id == "steps" {
                    return Kind::Group("steps".to_owned());
                }
                self.local(v.id).unwrap_or_else(|| self.named(expr, v.id))
            }
            Expr::GetAttr(g) => {
                if let Some(path) = path_of(expr).filter(|p| self.is_stray(p)) {
                    return self.named(expr, &path);
                }
                let base = self.base(&g.expr);
                self.part(expr, base, g.name)
            }
            Expr::GetItem(g) => self.item(expr, &g.expr, &g.subscript_expr),
            Expr::Slice(s) => self.kind(&s.expr),
            Expr::UnaryOp(u) => {
                self.asked(&u.expr);
                Kind::Literal
            }
            Expr::IfExpr(i) => {
                self.asked(&i.test_expr);
                let kind = self.kind(&i.true_expr);
                if let Some(other) = &i.false_expr {
                    self.kind(other);
                }
                kind
            }
            Expr::Filter(f) => self.filtered(expr, f),
            Expr::Test(t) => {
                self.kind(&t.expr);
                if !TESTS.contains(&t.name) {
                    let message = format!("the test `{}` does not exist", t.name);
                    self.fault(
                        expr,
                        "unknown_test",
                        &message,
                        nearest(t.name, TESTS.iter().copied()),
                    );
                }
                self.arguments(&t.args);
                Kind::Literal
            }
            Expr::Call(_) => Kind::Unknown,
        }
    }

    /// True for a dotted name whose first part is nothing at all: the whole of it is then what was meant.
    fn is_stray(&self, path: &str) -> bool {
        let root = path.split('.').next().unwrap_or(path);
        root != "steps" && self.local(root).is_none() && variables::lookup(root).is_none()
    }

    /// The kind of what stands before a dot: a group may be named there without being supplied as a whole.
    fn base(&mut self, expr: &Expr<'s>) -> Kind {
        match expr {
            Expr::Var(v) if self.local(v.id).is_none() => match variables::lookup(v.id) {
                Some(variable) if variable.kind == VarKind::Object => Kind::Group(v.id.to_owned()),
                _ => self.kind(expr),
            },
            Expr::GetAttr(_) => match path_of(expr).and_then(|p| variables::lookup(&p)) {
                Some(variable) if variable.kind == VarKind::Object && self.is_global(expr) => {
                    Kind::Group(path_of(expr).unwrap_or_default())
                }
                _ => self.kind(expr),
            },
            _ => self.kind(expr),
        }
    }

    fn is_global(&self, expr: &Expr<'s>) -> bool {
        let mut global = true;
        names_in(expr, &mut |name| global &= self.local(name).is_none());
        global
    }

    fn part(&mut self, expr: &Expr<'s>, base: Kind, name: &str) -> Kind {
        match base {
            Kind::Group(group) if group == "steps" || group.starts_with("steps.") => {
                self.step(expr, &group, name)
            }
            Kind::Group(group) => self.named(expr, &format!("{group}.{name}")),
            Kind::Of(VarKind::Money) if name == "amount" => Kind::Of(VarKind::Number),
            Kind::Of(VarKind::Money) if name == "currency" => Kind::Of(VarKind::Text),
            Kind::Extra => match name {
                "name" => Kind::Of(VarKind::Text),
                "quantity" => Kind::Of(VarKind::Number),
                "price" => Kind::Of(VarKind::Money),
                _ => self.no_field(expr, name, &["name", "quantity", "price"]),
            },
            Kind::Loop => {
                let known = [
                    "index",
                    "index0",
                    "revindex",
                    "revindex0",
                    "first",
                    "last",
                    "length",
                ];
                if known.contains(&name) {
                    return Kind::Of(VarKind::Number);
                }
                self.no_field(expr, name, &known)
            }
            Kind::Of(VarKind::Any) => Kind::Of(VarKind::Any),
            Kind::Unknown => Kind::Unknown,
            Kind::Of(_) | Kind::Literal => match path_of(expr) {
                Some(path) if self.is_global(expr) => self.named(expr, &path),
                _ => self.no_field(expr, name, &[]),
            },
        }
    }

    fn no_field(&mut self, expr: &Expr<'s>, name: &str, known: &[&str]) -> Kind {
        let message = format!("`{name}` does not exist here");
        self.fault(
            expr,
            "unknown_variable",
            &message,
            nearest(name, known.iter().copied()),
        );
        Kind::Unknown
    }

    fn step(&mut self, expr: &Expr<'s>, group: &str, name: &str) -> Kind {
        let (known, found): (Vec<String>, Kind) = match group.strip_prefix("steps.") {
            None => (
                self.scope.steps.keys().cloned().collect(),
                Kind::Group(format!("steps.{name}")),
            ),
            Some(step) => (
                self.scope.steps.get(step).cloned().unwrap_or_default(),
                Kind::Of(VarKind::Any),
            ),
        };
        if known.iter().any(|k| k == name) {
            return found;
        }
        let message = format!("`{group}.{name}` is not stored by an earlier webhook");
        let near = nearest(name, known.iter().map(String::as_str)).map(|n| format!("{group}.{n}"));
        self.fault(expr, "unknown_variable", &message, near);
        Kind::Unknown
    }

    fn item(&mut self, expr: &Expr<'s>, base: &Expr<'s>, key: &Expr<'s>) -> Kind {
        let of = self.base(base);
        let text = match key {
            Expr::Const(c) => c.value.as_str().map(ToOwned::to_owned),
            _ => None,
        };
        match (of, text) {
            (Kind::Of(VarKind::List), None) => Kind::Of(VarKind::Text),
            (Kind::Of(VarKind::Extras), None) => Kind::Extra,
            (Kind::Of(VarKind::Any) | Kind::Literal, _) => Kind::Of(VarKind::Any),
            (Kind::Unknown, _) => Kind::Unknown,
            (of, Some(name)) => self.part(expr, of, &name),
            (Kind::Of(_) | Kind::Group(_) | Kind::Extra | Kind::Loop, None) => {
                self.fault(
                    expr,
                    "wrong_kind",
                    "a name in quotes is needed between the brackets",
                    None,
                );
                Kind::Unknown
            }
        }
    }

    fn arguments(&mut self, args: &[CallArg<'s>]) {
        for arg in args {
            let (CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e)) =
                arg;
            self.kind(e);
        }
    }

    /// Checks what an expression is made of, where its own kind says nothing.
    fn parts(&mut self, expr: &Expr<'s>) {
        match expr {
            Expr::List(l) => l.items.iter().for_each(|e| drop(self.kind(e))),
            Expr::Tuple(t) => t.items.iter().for_each(|e| drop(self.kind(e))),
            Expr::Map(m) => m.keys.iter().chain(&m.values).for_each(|e| drop(self.kind(e))),
            Expr::BinOp(b) if matches!(b.op, minijinja::machinery::ast::BinOpKind::ScAnd) => self.asked(expr),
            Expr::BinOp(b) => {
                self.kind(&b.left);
                self.kind(&b.right);
            }
            Expr::Compare(c) => {
                self.kind(&c.expr);
                c.ops.iter().for_each(|op| drop(self.kind(&op.expr)));
            }
            _ => {}
        }
    }
}
