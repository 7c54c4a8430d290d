//! Filters and what is printed: does a filter exist and fit, is a value printable, may it be empty.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

use super::Checker;
use super::kinds::{FILTERS, Kind, filter};
use super::walk::{begin, path_of};
use crate::invalid::nearest;
use crate::template::places::place;
use crate::variables;
use minijinja::machinery::ast::{CallArg, Expr, Filter};
use minijinja::value::Value;

impl<'s> Checker<'_, 's> {
    pub(super) fn filtered(&mut self, expr: &Expr<'s>, f: &Filter<'s>) -> Kind {
        let kind = f.expr.as_ref().map_or(Kind::Literal, |e| self.kind(e));
        self.arguments(&f.args);
        let Some(known) = filter(f.name) else {
            let message = format!("the filter `{}` does not exist", f.name);
            let near = nearest(f.name, FILTERS.iter().map(|k| k.name));
            self.fault(expr, "unknown_filter", &message, near);
            return Kind::Unknown;
        };
        let positional = f.args.iter().all(|a| matches!(a, CallArg::Pos(_)));
        if !positional || f.args.len() < known.arguments.0 || f.args.len() > known.arguments.1 {
            let message = format!("the filter `{}` is written {}", f.name, known.usage);
            self.fault(expr, "wrong_filter", &message, None);
            return (known.gives)(&kind);
        }
        if f.name == "json" && !self.slot.takes_json() {
            self.fault(
                expr,
                "wrong_filter",
                "the filter `json` is for JSON and raw bodies",
                None,
            );
        }
        if !(known.takes)(&kind) {
            let message = format!("the filter `{}` does not fit here: {}", f.name, known.usage);
            self.fault(expr, "wrong_kind", &message, None);
        }
        if f.name == "tz" {
            self.zone(expr, f.args.first());
        }
        (known.gives)(&kind)
    }

    fn zone(&mut self, expr: &Expr<'s>, arg: Option<&CallArg<'s>>) {
        let name: Option<Value> = match arg {
            Some(CallArg::Pos(Expr::Const(c))) => Some(c.value.clone()),
            _ => None,
        };
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let known =
            matches!(name, "customer" | "location" | "business") || crate::zone::Zone::new(name).is_some();
        if !known {
            let message = format!(
                "`{name}` is not a zone: 'customer', 'location', 'business' or a name such as 'Europe/Oslo'"
            );
            self.fault(expr, "unknown_time_zone", &message, None);
        }
    }

    /// What is printed must be printable, and worth a warning if it may be empty.
    pub(super) fn printed(&mut self, expr: &Expr<'s>, kind: &Kind) {
        if let Kind::Group(group) = kind {
            let message = format!("`{group}` is a group; name one of its fields");
            let near = variables::names()
                .find(|n| n.starts_with(&format!("{group}.")))
                .map(ToOwned::to_owned);
            self.fault(expr, "wrong_kind", &message, near);
            return;
        }
        if matches!(kind, Kind::Extra | Kind::Loop) {
            self.fault(
                expr,
                "wrong_kind",
                "this cannot be printed; name one of its fields",
                None,
            );
            return;
        }
        self.warn_empty(expr);
    }

    fn warn_empty(&mut self, expr: &Expr<'s>) {
        match expr {
            Expr::Filter(f) if matches!(f.name, "default" | "required") => {}
            Expr::Filter(f) => f.expr.iter().for_each(|e| self.warn_empty(e)),
            Expr::BinOp(b) => {
                self.warn_empty(&b.left);
                self.warn_empty(&b.right);
            }
            Expr::Var(_) | Expr::GetAttr(_) => {
                let Some(path) = path_of(expr).filter(|_| self.is_global(expr)) else {
                    return;
                };
                let empty = variables::lookup(&path).is_some_and(|v| v.may_be_empty);
                let guarded = self
                    .guarded
                    .iter()
                    .any(|g| *g == path || path.strip_prefix(g.as_str()).is_some_and(|r| r.starts_with('.')));
                if empty && !guarded && self.warned.insert(path.clone()) {
                    let (line, column) = place(self.source, begin(expr));
                    let message = format!("line {line}, column {column}: `{path}` may be empty");
                    self.faults.warn(self.at, "may_be_empty", message);
                }
            }
            _ => {}
        }
    }
}
