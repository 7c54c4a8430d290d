//! Walking the tree of a template.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

/// Where an expression begins: a dotted name at its first part, a filter at its own name.
pub(super) fn begin(expr: &Expr<'_>) -> usize {
    match expr {
        Expr::GetAttr(g) => begin(&g.expr),
        Expr::GetItem(g) => begin(&g.expr),
        _ => usize::try_from(expr.span().start_offset).unwrap_or(0),
    }
}

/// `a.b.c` of an expression that is nothing else.
pub(super) fn path_of(expr: &Expr<'_>) -> Option<String> {
    match expr {
        Expr::Var(v) => Some(v.id.to_owned()),
        Expr::GetAttr(g) => Some(format!("{}.{}", path_of(&g.expr)?, g.name)),
        Expr::GetItem(g) => match &g.subscript_expr {
            Expr::Const(c) => Some(format!("{}.{}", path_of(&g.expr)?, c.value.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}

/// Calls `see` with every dotted name in an expression.
pub(super) fn each_path(expr: &Expr<'_>, see: &mut dyn FnMut(String)) {
    inner(expr, &mut |e| {
        if let Some(path) = path_of(e) {
            see(path);
        }
    });
}

pub(super) fn each_expr<'s>(statement: &Stmt<'s>, see: &mut dyn FnMut(&Expr<'s>)) {
    match statement {
        Stmt::Template(t) => t.children.iter().for_each(|s| each_expr(s, see)),
        Stmt::EmitExpr(e) => inner(&e.expr, see),
        Stmt::IfCond(i) => {
            inner(&i.expr, see);
            i.true_body
                .iter()
                .chain(&i.false_body)
                .for_each(|s| each_expr(s, see));
        }
        Stmt::Set(s) => inner(&s.expr, see),
        Stmt::ForLoop(f) => {
            inner(&f.iter, see);
            f.filter_expr.iter().for_each(|e| inner(e, see));
            f.body.iter().chain(&f.else_body).for_each(|s| each_expr(s, see));
        }
        _ => {}
    }
}

/// Calls `see` with an expression and everything in it.
fn inner<'s>(expr: &Expr<'s>, see: &mut dyn FnMut(&Expr<'s>)) {
    see(expr);
    let arguments = |args: &[CallArg<'s>], see: &mut dyn FnMut(&Expr<'s>)| {
        for arg in args {
            let (CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e)) =
                arg;
            inner(e, see);
        }
    };
    match expr {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::GetAttr(g) => inner(&g.expr, see),
        Expr::GetItem(g) => {
            inner(&g.expr, see);
            inner(&g.subscript_expr, see);
        }
        Expr::Slice(s) => inner(&s.expr, see),
        Expr::UnaryOp(u) => inner(&u.expr, see),
        Expr::BinOp(b) => {
            inner(&b.left, see);
            inner(&b.right, see);
        }
        Expr::Compare(c) => {
            inner(&c.expr, see);
            c.ops.iter().for_each(|op| inner(&op.expr, see));
        }
        Expr::IfExpr(i) => {
            inner(&i.test_expr, see);
            inner(&i.true_expr, see);
            i.false_expr.iter().for_each(|e| inner(e, see));
        }
        Expr::Filter(f) => {
            f.expr.iter().for_each(|e| inner(e, see));
            arguments(&f.args, see);
        }
        Expr::Test(t) => {
            inner(&t.expr, see);
            arguments(&t.args, see);
        }
        Expr::Call(c) => inner(&c.expr, see),
        Expr::List(l) => l.items.iter().for_each(|e| inner(e, see)),
        Expr::Tuple(t) => t.items.iter().for_each(|e| inner(e, see)),
        Expr::Map(m) => m.keys.iter().chain(&m.values).for_each(|e| inner(e, see)),
    }
}
