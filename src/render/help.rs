//! The help, from the one table of commands: as a comment, for one command, for the terminal, and
//! the README's table. A command stands in code wherever it is written into Markdown, so that no
//! bot runs what is only explained.

use crate::domain::command::{Names, Spec, TABLE, spec};
use crate::domain::permission::{Exception, Place};

/// What may be written, as a comment on GitHub. `names` decides how the second form is spelled
/// and which bare forms are told.
pub fn help_comment(names: &Names<'_>) -> String {
    let mut text = String::from("### Baton's commands\n\n");
    text.push_str(&table());
    text.push_str(
        "\nWrite one command per line, at the beginning of the line; several in one comment run \
         in order. Quotations and code are not read.",
    );
    if !names.slug.is_empty() {
        text.push_str(&format!(" `@{} plan` is the same as `/baton plan`.", names.slug));
    }
    let bare: Vec<String> = names.bare.iter().map(|it| format!("`/{it}`")).collect();
    if !bare.is_empty() {
        let verb = if bare.len() == 1 { "works" } else { "work" };
        text.push_str(&format!(" {} {verb} without the prefix.", bare.join(" and ")));
    }
    text.push_str(" More about one of them: `/baton help plan`.\n");
    text
}

/// One command in full, as a comment; `None` when there is no command of this name.
pub fn command_help(name: &str) -> Option<String> {
    let row = spec(name)?;
    let mut text = format!("### `{}`\n\n{}\n\n", written(row), row.description);
    if !row.notes.is_empty() {
        text.push_str(&format!("{}\n\n", row.notes));
    }
    text.push_str(&format!("- Where: {}\n- Who: {}\n", places(row), who(row)));
    let spends = if row.spends { "may start work that costs money" } else { "costs nothing" };
    text.push_str(&format!("- Money: {spends}\n"));
    let examples: Vec<String> = row.examples.iter().map(|it| format!("`{it}`")).collect();
    let title = if examples.len() == 1 { "Example" } else { "Examples" };
    text.push_str(&format!("- {title}: {}\n", examples.join(", ")));
    Some(text)
}

/// The table for the README, without a heading. A test holds the README to it.
pub fn readme_table() -> String {
    table()
}

/// The commands for the terminal: each on a line of its own, and below it what it does and who may.
pub fn terminal_help() -> String {
    let mut text = String::from("Commands on GitHub, one per line of a comment:\n");
    for row in TABLE {
        let Spec { name: _, usage: _, description, examples: _, notes: _, .. } = row;
        text.push_str(&format!("\n  {}\n      {description}\n", written(row)));
        text.push_str(&format!("      {}; {}\n", capital(&places(row)), who(row)));
    }
    text
}

/// Name, what it does, where and who. Every field of a row is named, so that a new one does not
/// compile until somebody decides whether the table shows it.
fn table() -> String {
    let mut text = String::from("| command | what it does | where | who |\n|---|---|---|---|\n");
    for row in TABLE {
        let Spec {
            name: _,
            usage: _,
            description,
            examples: _,
            notes: _,
            rule: _,
            spends,
            takes_lines: _,
        } = row;
        let money = if *spends { " Costs money." } else { "" };
        let command = written(row).replace('|', "\\|");
        text.push_str(&format!(
            "| `{command}` | {description}{money} | {} | {} |\n",
            letters(row),
            who(row)
        ));
    }
    let legend: Vec<String> =
        Place::ALL.into_iter().map(|it| format!("{}: {}", it.letter(), it.title())).collect();
    text.push_str(&format!("\nWhere: {}.\n", legend.join(", ")));
    text
}

/// The command as it is written, with its usage.
fn written(row: &Spec) -> String {
    format!("/baton {} {}", row.name, row.usage).trim_end().to_owned()
}

fn letters(row: &Spec) -> String {
    row.rule.places.iter().map(|it| it.letter().to_string()).collect::<Vec<_>>().join(" ")
}

fn places(row: &Spec) -> String {
    if row.rule.places.len() == Place::ALL.len() {
        return "issues and all pull requests".to_owned();
    }
    row.rule.places.iter().map(|it| it.title()).collect::<Vec<_>>().join(", ")
}

fn who(row: &Spec) -> String {
    let least = row.rule.least.name();
    match row.rule.exception {
        Exception::None => format!("{least} access"),
        Exception::Requester => format!("{least} access, or whoever asked for the work"),
        Exception::AuthorHeld => {
            let counts =
                "the author's answer counts once somebody with it ticks its box or repeats it";
            format!("{least} access; {counts}")
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::command::{DEFAULT_BARE, Found, commands_in};

    const NAMES: Names<'static> = Names { slug: "baton-app", bare: &DEFAULT_BARE };

    #[test]
    fn the_comment_tells_every_command_and_runs_none() {
        let help = help_comment(&NAMES);
        for row in TABLE {
            assert!(help.contains(&format!("`/baton {}", row.name)), "{}", row.name);
            let one = command_help(row.name).unwrap();
            assert_eq!(commands_in(&one, &NAMES), Vec::<Found>::new(), "{one}");
        }
        assert_eq!(commands_in(&help, &NAMES), Vec::<Found>::new());
        assert!(help.contains("`/route` and `/cost` work without the prefix."));
        assert_eq!(command_help("paln"), None);
    }

    #[test]
    fn one_command_in_full() {
        insta::assert_snapshot!(command_help("stop").unwrap(), @r"
        ### `/baton stop`

        Stop whatever runs for this issue.

        Whoever asked for the work may stop it too. Words after it are for people; Baton stops whatever they say.

        - Where: an issue, Baton's own pull request
        - Who: triage access, or whoever asked for the work
        - Money: costs nothing
        - Example: `/baton stop`
        ");
        let plan = command_help("plan").unwrap();
        assert!(plan.contains("- Where: an issue\n- Who: write access\n"), "{plan}");
        assert!(plan.contains("- Money: may start work that costs money\n"), "{plan}");
    }

    #[test]
    fn the_table_for_the_readme() {
        insta::assert_snapshot!(readme_table(), @r"
        | command | what it does | where | who |
        |---|---|---|---|
        | `/baton route [--tokens N]` | Post the router analysis: which model should do this, and why. | I B P F | triage access |
        | `/baton plan [--model T] [--budget USD] [--include COMMENTS] [text]` | Start a planning run; a committed plan and a draft pull request come out. Costs money. | I | write access |
        | `/baton answer <n> <text>` | Answer the planner's questions; Baton shows what it took as the answer. Costs money. | I B | write access; the author's answer counts once somebody with it ticks its box or repeats it |
        | `/baton revise [--include COMMENTS] <text>` | Send the plan back with what should change; the next revision comes out. Costs money. | I B | write access |
        | `/baton approve [rev] [--start]` | Approve the plan as it stands on its branch. Costs money. | I B | write access |
        | `/baton unapprove` | Take the approval of the plan back. | I B | write access |
        | `/baton reject [why]` | Close the plan and its pull request without building it. | I B | write access |
        | `/baton implement [auto\|manual] [--model T] [--anyway]` | Build the plan, task by task, each on the cheapest model that can do it. Costs money. | I B | write access |
        | `/baton handoff <tier> [reason]` | Give the active task to a fresh run on this tier now. Costs money. | I B | write access |
        | `/baton escalate` | Give the active task to the next stronger model now. Costs money. | I B | write access |
        | `/baton downgrade` | Give the active task to the next cheaper model now. Costs money. | I B | write access |
        | `/baton task <id> done\|reopen\|skip` | Settle a task or open it again, like its box in the status comment. Costs money. | I B | write access |
        | `/baton fix [text]` | Have what the review asks for done: the open threads of people with write access. Costs money. | B | write access |
        | `/baton allow <hash>` | Say yes to what waits for a person: a change, or a commit without checks. Costs money. | I B | write access |
        | `/baton test` | Let the test-agent judge the pull request as it stands now. Costs money. | B | write access |
        | `/baton review` | Let the review-agent review the pull request as it stands now. Costs money. | B | write access |
        | `/baton status` | Refresh the status comment and link it. | I B P | read access |
        | `/baton cost` | Show what this issue has cost so far, by model and run. | I B P | read access |
        | `/baton cost add <USD> [text]` | Book what you paid for this issue outside Baton. | I B P | write access |
        | `/baton stop` | Stop whatever runs for this issue. | I B | triage access, or whoever asked for the work |
        | `/baton pause` | Lay work down after the turn that is under way; nothing is lost. | I B | triage access, or whoever asked for the work |
        | `/baton resume` | Go on with what is paused, at the very turn. Costs money. | I B | write access |
        | `/baton budget <USD\|+USD>` | Set or raise what this issue may cost in all. Costs money. | I B | maintain access |
        | `/baton retry` | Try again after a failure, from where it stopped. Costs money. | I B | write access |
        | `/baton help [command]` | Show the commands, or one of them. | I B P F | read access |

        Where: I: an issue, B: Baton's own pull request, P: another pull request, F: a pull request from a fork.
        ");
    }

    #[test]
    fn the_terminal() {
        let help = terminal_help();
        let stop = "\n  /baton stop\n      Stop whatever runs for this issue.\n";
        assert!(help.contains(stop), "{help}");
        assert_eq!(help.lines().count(), 1 + 4 * TABLE.len());
        let unlinked = help_comment(&Names { slug: "", bare: &[] });
        assert!(!unlinked.contains('@'));
    }
}
