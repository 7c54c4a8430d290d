//! Running templates: one machine per thread, compiled templates kept, every value written through one door that escapes it
//! for its slot.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

use super::context::Context;
use super::filters::{install, without_mark};
use super::values::{SCENE, Scene, Tel, is_empty, printed, to_json};
use super::{RenderProblem, Slot, guard, places};
use crate::limits;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

/// What an empty value leaves behind until its gap is closed; a private-use character that no value may bring.
pub(super) const MARK: char = '\u{e000}';
/// Compiled templates kept per thread.
const KEPT: usize = 512;
/// Fuel of a template that builds text inside loops.
const HEAVY_FUEL: u64 = limits::TEMPLATE_FUEL / 8;

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::new(Machine::new());
}

/// Renders a template for its slot. Nothing of the template's own marks, no `none` and no `undefined` comes out.
pub fn render(source: &str, slot: Slot, context: &Context) -> Result<String, RenderProblem> {
    let text = if source.contains('{') {
        MACHINE.with_borrow_mut(|machine| machine.run(source, slot, context))?
    } else {
        source.to_owned()
    };
    finish(source, slot, text)
}

fn finish(source: &str, slot: Slot, mut text: String) -> Result<String, RenderProblem> {
    if text.contains(MARK) {
        text = if slot.closes_gaps() {
            close_gaps(&text)
        } else {
            text.replace(MARK, "")
        };
    }
    if slot.is_line() {
        if text.contains(['\r', '\n']) {
            text = text.replace("\r\n", " ").replace(['\r', '\n'], " ");
        }
        text = text.trim().to_owned();
    }
    if slot == Slot::Json
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text)
    {
        return Err(places::problem(
            source,
            0,
            format!("this does not give JSON: {error}"),
        ));
    }
    Ok(text)
}

/// Removes each mark with the `, ` or the one blank directly before it.
fn close_gaps(text: &str) -> String {
    let mut closed = String::with_capacity(text.len());
    let mut parts = text.split(MARK).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            closed.push_str(part);
            break;
        }
        let kept = part
            .strip_suffix(", ")
            .or_else(|| part.strip_suffix(' '))
            .unwrap_or(part);
        closed.push_str(kept);
    }
    closed
}

struct Machine {
    env: Environment<'static>,
    /// Names in `env`, with whether they are heavy.
    kept: HashMap<String, bool>,
}

impl Machine {
    fn new() -> Self {
        let mut env = Environment::empty();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_recursion_limit(limits::TEMPLATE_DEPTH);
        env.set_debug(true);
        env.set_formatter(write);
        tests(&mut env);
        install(&mut env);
        Self {
            env,
            kept: HashMap::new(),
        }
    }

    fn run(&mut self, source: &str, slot: Slot, context: &Context) -> Result<String, RenderProblem> {
        let name = name_of(slot, source);
        let heavy = match self.kept.get(&name) {
            Some(heavy) => *heavy,
            None => self.keep(&name, source)?,
        };
        let fuel = if heavy { HEAVY_FUEL } else { limits::TEMPLATE_FUEL };
        self.env.set_fuel(Some(fuel));
        let problem = |e: Error| explained(source, &e);
        let template = self.env.get_template(&name).map_err(problem)?;
        let mut out = Cap(Vec::with_capacity(source.len() + 64));
        template
            .render_captured_to(context.root.clone(), &mut out)
            .map_err(problem)?;
        String::from_utf8(out.0).map_err(|_| RenderProblem::whole("the text is not UTF-8"))
    }

    fn keep(&mut self, name: &str, source: &str) -> Result<bool, RenderProblem> {
        drop(guard::parse(source)?);
        if self.kept.len() >= KEPT {
            self.env.clear_templates();
            self.kept.clear();
        }
        let heavy = guard::is_heavy(source);
        self.env
            .add_template_owned(name.to_owned(), source.to_owned())
            .map_err(|e| places::of_error(source, &e))?;
        self.kept.insert(name.to_owned(), heavy);
        Ok(heavy)
    }
}

/// The name of a template is its slot and its whole source, so that two can never be mistaken for each other.
fn name_of(slot: Slot, source: &str) -> String {
    let letter = Slot::ALL
        .iter()
        .find(|(s, _)| *s == slot)
        .map_or('t', |(_, c)| *c);
    format!("{letter}{source}")
}
fn slot_of(name: &str) -> Slot {
    let letter = name.chars().next();
    Slot::ALL
        .iter()
        .find(|(_, c)| Some(*c) == letter)
        .map_or(Slot::Text, |(s, _)| *s)
}

fn explained(source: &str, error: &Error) -> RenderProblem {
    let mut problem = places::of_error(source, error);
    match error.kind() {
        ErrorKind::OutOfFuel => "the text takes too long to make".clone_into(&mut problem.message),
        ErrorKind::WriteFailure => "the text becomes too long".clone_into(&mut problem.message),
        _ => {}
    }
    problem
}

fn tests(env: &mut Environment<'_>) {
    use minijinja::tests as t;
    env.add_test("defined", |v: &Value| !is_empty(v));
    env.add_test("undefined", is_empty);
    env.add_test("none", is_empty);
    env.add_test("string", |v: &Value| v.as_str().is_some());
    env.add_test("number", |v: &Value| v.is_number());
    env.add_test("sequence", t::is_sequence);
    env.add_test("mapping", t::is_mapping);
    env.add_test("boolean", t::is_boolean);
    env.add_test("even", t::is_even);
    env.add_test("odd", t::is_odd);
    env.add_test("startingwith", t::is_startingwith);
    env.add_test("endingwith", t::is_endingwith);
    env.add_test("eq", t::is_eq);
    env.add_test("ne", t::is_ne);
    env.add_test("lt", t::is_lt);
    env.add_test("le", t::is_le);
    env.add_test("gt", t::is_gt);
    env.add_test("ge", t::is_ge);
    env.add_test("in", t::is_in);
    env.add_test("true", t::is_true);
    env.add_test("false", t::is_false);
}

/// The one door: every printed value goes through here.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let slot = slot_of(state.name());
    if slot == Slot::Json && !value.is_safe() {
        out.write_str(&to_json(value).to_string())?;
        return Ok(());
    }
    if slot.takes_json() && value.is_safe() {
        out.write_str(value.as_str().unwrap_or_default())?;
        return Ok(());
    }
    let text = match value.downcast_object_ref::<Tel>() {
        Some(tel) if slot == Slot::Address => tel.raw.clone(),
        _ => shown(state, value),
    };
    if text.is_empty() {
        if slot.closes_gaps() {
            out.write_char(MARK)?;
        }
        return Ok(());
    }
    match slot {
        Slot::Html => escape_html(out, &text)?,
        Slot::Url => {
            let opens = state.get_temp("opened").is_none() && is_bare(state.name());
            state.set_temp("opened", Value::from(true));
            encode(out, &text, opens)?;
        }
        Slot::Text | Slot::Sms | Slot::Subject | Slot::Json | Slot::Raw | Slot::Header | Slot::Address => {
            out.write_str(&text)?;
        }
    }
    Ok(())
}

fn shown(state: &State<'_, '_>, value: &Value) -> String {
    if let Some(text) = value.as_str() {
        return without_mark(text.to_owned());
    }
    let scene = state.lookup(SCENE).and_then(|s| s.downcast_object::<Scene>());
    without_mark(printed(value, scene.as_deref()))
}

/// True for an address that begins with a value, which then is an address itself: `{{ booking.url }}/edit`.
fn is_bare(name: &str) -> bool {
    name.get(1..)
        .is_some_and(|source| source.trim_start().starts_with("{{"))
}

/// `& < > " '` and nothing else: `/` in a link stays as it is.
fn escape_html(out: &mut Output<'_>, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, after) = rest.split_at(at);
        out.write_str(before)?;
        out.write_str(match after.chars().next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            _ => "&#39;",
        })?;
        rest = after.get(1..).unwrap_or_default();
    }
    out.write_str(rest)
}

/// Percent-encoding; a whole address keeps the characters that have a meaning in addresses.
fn encode(out: &mut Output<'_>, text: &str, whole: bool) -> std::fmt::Result {
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || b"-._~".contains(&byte)
            || (whole && b":/?#[]@!$&'()*+,;=%".contains(&byte));
        if plain {
            out.write_char(char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// Output that ends at the limit of rendered texts.
struct Cap(Vec<u8>);
impl io::Write for Cap {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.0.len() + part.len() > limits::RENDERED_BYTES {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(part);
        Ok(part.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
