//! What stands after a command's name: options, a text, answers. A mistake becomes one sentence
//! that says what to write; nothing the writer wrote is quoted in it.

use super::table::{self, Spec};
use super::{BudgetChange, Command, Rung, TaskAct, answers};
use crate::base::{CommentId, MicroUsd};
use crate::domain::hygiene::strip_hidden;
use crate::domain::plan::is_task_id;
use crate::domain::tier::Tier;

/// Understands `words`, which follow the name of the command in `spec`. Hidden text in them is
/// dropped first: what a reader cannot see orders nothing.
pub(super) fn command(spec: &'static Spec, words: &str) -> Result<Command, String> {
    let words = strip_hidden(words).text;
    let words = words.trim();
    match spec.name {
        "route" => route(words),
        "plan" => plan(words),
        "answer" => answer(words),
        "revise" => revise(words),
        "approve" => approve(words),
        "implement" => implement(words),
        "handoff" => handoff(words),
        "escalate" => nothing_after(spec, words).map(|()| Command::handoff(Rung::Up)),
        "downgrade" => nothing_after(spec, words).map(|()| Command::handoff(Rung::Down)),
        "task" => task(words),
        "fix" => {
            Options::split(words, spec, &[]).map(|options| Command::Fix { text: options.text })
        }
        "allow" => allow(words),
        "budget" => budget(words),
        // Words after it are for people, as after `stop`.
        "pause" => Options::split(words, spec, &[]).map(|_| Command::Pause),
        "resume" => nothing_after(spec, words).map(|()| Command::Resume),
        "test" => nothing_after(spec, words).map(|()| Command::Test),
        "review" => nothing_after(spec, words).map(|()| Command::Review),
        "unapprove" => nothing_after(spec, words).map(|()| Command::Unapprove),
        // Words after it are for people, as after `stop`.
        "reject" => Options::split(words, spec, &[]).map(|_| Command::Reject),
        "status" => nothing_after(spec, words).map(|()| Command::Status),
        "cost" => cost(spec, words),
        "retry" => nothing_after(spec, words).map(|()| Command::Retry),
        "stop" => stop(spec, words),
        "help" => help(words),
        other => Err(format!("`/baton {other}` is not understood by this version.")),
    }
}

fn route(words: &str) -> Result<Command, String> {
    let mut options = Options::split(words, &table::ROUTE, &["tokens"])?;
    let tokens = match options.take("tokens") {
        None => None,
        Some(value) => Some(tokens(&value).ok_or(
            "`--tokens` needs the number of tokens left in your session, as in \
             `/baton route --tokens 45000`.",
        )?),
    };
    nothing_after(&table::ROUTE, &options.text)?;
    Ok(Command::Route { tokens })
}

fn plan(words: &str) -> Result<Command, String> {
    let mut options = Options::split(words, &table::PLAN, &["model", "budget", "include"])?;
    let model = match options.take("model") {
        None => None,
        Some(value) => Some(value.parse::<Tier>().map_err(|_| {
            "`--model` needs a tier: opus, sonnet or haiku, as in `/baton plan --model sonnet`."
        })?),
    };
    let budget = match options.take("budget") {
        None => None,
        Some(value) => {
            let amount = MicroUsd::parse(&value).filter(|it| MicroUsd::ZERO < *it);
            Some(amount.ok_or(
                "`--budget` needs an amount in dollars above zero, as in \
                 `/baton plan --budget 1.50`.",
            )?)
        }
    };
    let include = include(&mut options)?;
    Ok(Command::Plan { model, budget, text: options.text, include })
}

/// The most comments that one command includes: each is read in every call of the run.
const INCLUDED_MAX: usize = 10;

/// The comments that a planner shall read although their authors have no triage access.
fn include(options: &mut Options) -> Result<Vec<CommentId>, String> {
    let Some(value) = options.take("include") else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for name in value.split(',').filter(|it| !it.trim().is_empty()) {
        ids.push(comment_id(name).ok_or_else(no_such_comment)?);
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Err(no_such_comment());
    }
    if INCLUDED_MAX < ids.len() {
        return Err(format!("`--include` takes at most {INCLUDED_MAX} comments at once."));
    }
    Ok(ids)
}

/// A comment by its link, by the end of that, or by its number alone.
fn comment_id(name: &str) -> Option<CommentId> {
    let name = name.trim().trim_start_matches('<').trim_end_matches('>');
    let digits = match name.rsplit_once("issuecomment-") {
        Some((_, digits)) => digits,
        None => name.trim_start_matches('#'),
    };
    digits.parse().ok().filter(|it| 0 < *it).map(CommentId)
}

fn no_such_comment() -> String {
    "`--include` needs the link of a comment on this issue, or its end, as in \
     `/baton plan --include #issuecomment-1234567`; put commas and no blanks between several."
        .to_owned()
}

fn revise(words: &str) -> Result<Command, String> {
    let begins_with_text = words.split_whitespace().next().is_some_and(|it| dashed(it).is_none());
    let options = Options::split(words, &table::REVISE, &["include"]);
    let options = options.and_then(|mut it| include(&mut it).map(|include| (it.text, include)));
    let (text, include) = match options {
        // The text speaks of such an option of something else.
        Err(_) if begins_with_text && !names_a_comment(words) => (words.to_owned(), Vec::new()),
        options => options?,
    };
    if text.is_empty() {
        return Err("`/baton revise` needs to know what should change: write it behind the \
                    command or in the lines below it."
            .to_owned());
    }
    Ok(Command::Revise { text, include })
}

/// Whether an `--include` is followed by what may be meant for a comment. Then a slip is told:
/// nothing is paid for a plan without what somebody wants read.
fn names_a_comment(words: &str) -> bool {
    let values = words.split("--include").skip(1);
    let mut values = values.filter_map(|it| it.split_whitespace().next());
    values.any(|it| it.contains(|c: char| c.is_ascii_digit() || matches!(c, '#' | '/')))
}

fn answer(words: &str) -> Result<Command, String> {
    let answers = answers::in_command(words);
    if answers.is_empty() {
        return Err("`/baton answer` needs the number of a question and what you answer, as in \
                    `/baton answer 1 yes` or `/baton answer 1b 2a`."
            .to_owned());
    }
    Ok(Command::Answer { answers })
}

fn approve(words: &str) -> Result<Command, String> {
    let (start, words) = flag(words, "start");
    let text = Options::split(&words, &table::APPROVE, &[])?.text;
    let text = text.trim_end_matches(['.', '!']).trim();
    if text.is_empty() {
        return Ok(Command::Approve { revision: None, start });
    }
    // An approval that names something else than a revision may mean something else.
    let number = text.strip_prefix("revision ").unwrap_or(text).trim_start_matches(['#', 'r', 'v']);
    match number.parse::<u16>() {
        Ok(revision) if 0 < revision => Ok(Command::Approve { revision: Some(revision), start }),
        Ok(_) | Err(_) => Err("`/baton approve` takes only the number of a revision, as in \
                               `/baton approve 2`."
            .to_owned()),
    }
}

fn implement(words: &str) -> Result<Command, String> {
    let (anyway, words) = flag(words, "anyway");
    let mut options = Options::split(&words, &table::IMPLEMENT, &["model"])?;
    let model = match options.take("model") {
        None => None,
        Some(value) => Some(tier(&value).ok_or(
            "`--model` needs a tier: opus, sonnet or haiku, as in `/baton implement --model opus`.",
        )?),
    };
    match options.text.to_lowercase().as_str() {
        "" | "auto" => Ok(Command::Implement { manual: false, model, anyway }),
        "manual" if model.is_none() => Ok(Command::Implement { manual: true, model, anyway }),
        "manual" => Err("`--model` is for Baton's own runs; `manual` calls no model.".to_owned()),
        _ => Err("`/baton implement` takes `auto` or `manual`, as in `/baton implement manual`."
            .to_owned()),
    }
}

/// Takes an option without a value out of `words`, before those with one are split off; tells
/// whether it was there.
fn flag(words: &str, name: &str) -> (bool, String) {
    let is_it = |it: &&str| dashed(it).is_some_and(|it| it.eq_ignore_ascii_case(name));
    let is_there = words.split_whitespace().any(|it| is_it(&it));
    let rest: Vec<&str> = words.split_whitespace().filter(|it| !is_it(it)).collect();
    (is_there, rest.join(" "))
}

fn handoff(words: &str) -> Result<Command, String> {
    let text = Options::split(words, &table::HANDOFF, &[])?.text;
    let (word, reason) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
    let to = tier(word.trim_end_matches([',', ':', ';', '.', '!'])).ok_or(
        "`/baton handoff` needs a tier: opus, sonnet or haiku, as in `/baton handoff opus`.",
    )?;
    Ok(Command::Handoff { to: Rung::To(to), reason: reason.trim().to_owned() })
}

fn tier(word: &str) -> Option<Tier> {
    word.parse::<Tier>().ok()
}

fn task(words: &str) -> Result<Command, String> {
    let text = Options::split(words, &table::TASK, &[])?.text.to_lowercase();
    let usage = "`/baton task` needs a task and what became of it: `done`, `reopen` or `skip`, as \
                 in `/baton task t2 done`.";
    let mut words = text.split_whitespace();
    let (Some(id), Some(act), None) = (words.next(), words.next(), words.next()) else {
        return Err(usage.to_owned());
    };
    let act = match act {
        "done" => TaskAct::Done,
        "reopen" => TaskAct::Reopen,
        "skip" => TaskAct::Skip,
        _ => return Err(usage.to_owned()),
    };
    if !is_task_id(id) {
        return Err(usage.to_owned());
    }
    Ok(Command::Task { id: id.to_owned(), act })
}

fn allow(words: &str) -> Result<Command, String> {
    let text = Options::split(words, &table::ALLOW, &[])?.text;
    let hash = text.trim_matches('`').to_lowercase();
    let is_hash = (12..=64).contains(&hash.len()) && hash.bytes().all(|it| it.is_ascii_hexdigit());
    match is_hash {
        true => Ok(Command::Allow { hash }),
        false => Err("`/baton allow` needs the 12 digits that stand under the call, so that it \
                      means that very change or commit."
            .to_owned()),
    }
}

fn budget(words: &str) -> Result<Command, String> {
    let text = Options::split(words, &table::BUDGET, &[])?.text;
    let (adds, amount) = match text.strip_prefix('+') {
        Some(amount) => (true, amount),
        None => (false, text.as_str()),
    };
    let amount = MicroUsd::parse(amount.trim()).filter(|it| MicroUsd::ZERO < *it);
    match amount {
        Some(amount) if adds => Ok(Command::Budget { change: BudgetChange::By(amount) }),
        Some(amount) => Ok(Command::Budget { change: BudgetChange::To(amount) }),
        None => Err("`/baton budget` needs an amount in dollars above zero: `/baton budget 5` \
                     sets the issue's limit, `/baton budget +5` adds to it."
            .to_owned()),
    }
}

/// What a person may enter at once; more is a slip of the finger.
const ENTERED_MAX: MicroUsd = MicroUsd::dollars(10_000);

/// How much of what it was for is kept.
const ENTERED_TEXT_MAX: usize = 200;

fn cost(spec: &Spec, words: &str) -> Result<Command, String> {
    let (word, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    if !word.eq_ignore_ascii_case("add") {
        return nothing_after(spec, words).map(|()| Command::Cost);
    }
    let rest = rest.trim();
    let (amount, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let fits = |it: &MicroUsd| MicroUsd::ZERO < *it && *it <= ENTERED_MAX;
    let amount = MicroUsd::parse(amount).filter(fits).ok_or(
        "`/baton cost add` needs an amount in dollars above zero and at most $10,000, and may say \
         what it was for, as in `/baton cost add 4.20 an hour of Claude Code`.",
    )?;
    Ok(Command::CostAdd { amount, text: text.trim().chars().take(ENTERED_TEXT_MAX).collect() })
}

/// Words after `stop` are for people; an option would be an order that Baton does not know, and
/// stopping something else than was asked for is no answer to it.
fn stop(spec: &Spec, words: &str) -> Result<Command, String> {
    Options::split(words, spec, &[])?;
    Ok(Command::Stop)
}

fn help(words: &str) -> Result<Command, String> {
    let mut words = words.split_whitespace();
    let Some(word) = words.next() else { return Ok(Command::Help { command: None }) };
    let word = word.trim_start_matches('/');
    let unknown = "`/baton help` knows no such command; `/baton help` alone lists them all.";
    match table::spec(word).or_else(|| table::nearest(word).and_then(table::spec)) {
        Some(spec) if words.next().is_none() => {
            Ok(Command::Help { command: Some(spec.name.to_owned()) })
        }
        Some(_) => Ok(Command::Help { command: None }),
        None => Err(unknown.to_owned()),
    }
}

fn nothing_after(spec: &Spec, words: &str) -> Result<(), String> {
    let words = Options::split(words, spec, &[])?.text;
    if words.trim_end_matches(['.', '!', '?']).is_empty() {
        return Ok(());
    }
    let name = spec.name;
    Err(if spec.usage.is_empty() {
        format!("`/baton {name}` stands alone on its line: nothing may follow it.")
    } else {
        format!("`/baton {name}` takes only `{}`.", spec.usage)
    })
}

/// Reads `45000`, `45,000`, `45k`, `1m`.
fn tokens(value: &str) -> Option<u64> {
    let value = value.to_ascii_lowercase();
    let (digits, unit) = match (value.strip_suffix('k'), value.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1_000),
        (None, Some(digits)) => (digits, 1_000_000),
        (None, None) => (value.as_str(), 1),
    };
    let digits: String = digits.chars().filter(|it| !matches!(it, ',' | '_')).collect();
    let plain = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    if plain { digits.parse::<u64>().ok()?.checked_mul(unit) } else { None }
}

/// The options on a command's line, and the text without them.
struct Options {
    given: Vec<(&'static str, String)>,
    text: String,
}

impl Options {
    /// Takes the `known` options out of the first line, wherever they stand in it. A word that
    /// begins with `--` before the text is an option too, and must be known; inside the text it
    /// is text. Keyboards that turn `--` into a dash are forgiven.
    fn split(words: &str, spec: &Spec, known: &[&'static str]) -> Result<Options, String> {
        let (first, below) = words.split_once('\n').unwrap_or((words, ""));
        let mut given: Vec<(&'static str, String)> = Vec::new();
        let mut text: Vec<&str> = Vec::new();
        let mut rest = first.split_whitespace();
        while let Some(word) = rest.next() {
            let Some(option) = dashed(word) else {
                text.push(word);
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            match known.iter().find(|it| it.eq_ignore_ascii_case(name)) {
                Some(&name) => {
                    if given.iter().any(|it| it.0 == name) {
                        return Err(format!("`--{name}` stands twice; write it once."));
                    }
                    let value = value.or_else(|| rest.next()).unwrap_or_default();
                    given.push((name, value.to_owned()));
                }
                None if text.is_empty() => return Err(no_such_option(spec, known)),
                None => text.push(word),
            }
        }
        let kept = if given.is_empty() { first.trim().to_owned() } else { text.join(" ") };
        Ok(Options { given, text: format!("{kept}\n{below}").trim().to_owned() })
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.given.iter().find(|it| it.0 == name).map(|it| it.1.clone())
    }
}

/// The option's name and value, when the word begins like an option.
fn dashed(word: &str) -> Option<&str> {
    let name = ["--", "—", "–"].into_iter().find_map(|it| word.strip_prefix(it))?;
    name.starts_with(|it: char| it.is_ascii_alphabetic()).then_some(name)
}

fn no_such_option(spec: &Spec, known: &[&str]) -> String {
    let name = spec.name;
    if known.is_empty() {
        return format!("`/baton {name}` has no options.");
    }
    let known: Vec<String> = known.iter().map(|it| format!("`--{it}`")).collect();
    format!("`/baton {name}` has no such option; it knows {}.", known.join(" and "))
}
