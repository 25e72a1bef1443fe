//! Which paths a plan may name.
//!
//! A plan is written by a model that read an outsider's text, and its paths end up in commits that
//! other people's machines check out. So a path is refused before any call unless it is one plain
//! file inside the repository on every operating system (`testing.md` case 51), and unless the
//! file is one that agents may write: not a workflow, and not an instruction file, which would
//! poison later runs and developers' machines (`trust.md` rule 10).

/// Longest part of a path, in bytes: the limit of the common file systems.
const PART_BYTES_MAX: usize = 255;

/// Longest path, in bytes. Windows and GitHub's own pages have trouble far below 4,096.
const PATH_BYTES_MAX: usize = 1_000;

/// Folders whose content instructs agents or runs on developers' machines.
const INSTRUCTION_FOLDERS: [&str; 7] =
    [".claude", ".cursor", ".github", ".githooks", ".husky", ".vscode", ".devcontainer"];

/// Files that instruct agents or change what git does on checkout, besides `CLAUDE*` and
/// `AGENTS*`.
const INSTRUCTION_FILES: [&str; 5] =
    [".mcp.json", ".gitmodules", ".gitattributes", ".cursorrules", ".windsurfrules"];

/// Device names that Windows reserves in every folder, with any extension.
const RESERVED_NAMES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Why a path is refused. Each reads as the end of a sentence that begins with the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PathFault {
    /// There is nothing.
    #[error("is empty; name one file")]
    Empty,
    /// Too long to check out everywhere.
    #[error("is too long; a path has at most 1,000 bytes and each part of it at most 255")]
    TooLong,
    /// It leaves the repository, or depends on the machine.
    #[error("is not relative to the repository's root; leave out the leading `/` or drive")]
    Absolute,
    /// It uses the other separator.
    #[error("contains a backslash; separate folders with `/`")]
    Backslash,
    /// Part of it is nothing, `.` or `..`.
    #[error("has an empty, `.` or `..` part; write the plain path from the repository's root")]
    Dots,
    /// It is inside git's own folder, under one of its spellings.
    #[error("is inside git's own folder, which no plan may touch")]
    GitFolder,
    /// Windows drops what is at the end.
    #[error("has a part that ends with a dot or a space, which Windows drops")]
    TrailingDotOrSpace,
    /// Windows reads it as a device.
    #[error("uses a name that Windows reserves for a device; choose another name")]
    ReservedName,
    /// Newline, control or invisible characters.
    #[error("contains a newline, a control or an invisible character")]
    Invisible,
    /// A separator or dot in disguise.
    #[error("contains a percent-encoded separator or dot; write the path as it is on disk")]
    Encoded,
    /// More than one file, or a character that Windows refuses.
    #[error("contains one of `* ? < > | \"`; name one file each, not a pattern")]
    Pattern,
    /// Baton never has the right to change workflows.
    #[error("is a workflow; Baton never changes workflows, so leave it to a person and say so")]
    Workflow,
    /// Agents do not write what instructs agents.
    #[error("is an instruction file, which agents may not write; leave it to a person and say so")]
    Instruction,
}

/// What is wrong with `path` as a file that a plan touches, worst first; `None` when nothing is.
pub fn path_fault(path: &str) -> Option<PathFault> {
    if let Some(fault) = shape_fault(path) {
        return Some(fault);
    }
    if path.to_lowercase().starts_with(".github/workflows") {
        return Some(PathFault::Workflow);
    }
    is_instruction_path(path).then_some(PathFault::Instruction)
}

/// What is wrong with the form of `path`, whatever the file is for. A file to *read* needs only
/// this.
pub fn shape_fault(path: &str) -> Option<PathFault> {
    if path.is_empty() {
        return Some(PathFault::Empty);
    }
    if PATH_BYTES_MAX < path.len() {
        return Some(PathFault::TooLong);
    }
    if path.chars().any(is_invisible) {
        return Some(PathFault::Invisible);
    }
    if path.contains('\\') {
        return Some(PathFault::Backslash);
    }
    if path.starts_with('/') || has_drive(path) {
        return Some(PathFault::Absolute);
    }
    let lower = path.to_ascii_lowercase();
    if ["%2f", "%5c", "%2e", "%00"].iter().any(|it| lower.contains(it)) {
        return Some(PathFault::Encoded);
    }
    if path.contains(['*', '?', '<', '>', '|', '"']) {
        return Some(PathFault::Pattern);
    }
    path.split('/').find_map(part_fault)
}

/// Whether `path` is a file that instructs agents or acts on developers' machines: read at the
/// base commit only and never written by an agent. This is the list of `trust.md` rule 10, taken
/// at every depth and in every spelling that a case-insensitive disk would take for it.
///
/// `CLAUDE*` and `AGENTS*` are meant in capitals, because `claude_client.rs` is product code; the
/// Markdown files that tools look for count in any case.
pub fn is_instruction_path(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| {
        let part = part.trim_end_matches(['.', ' ']);
        let lower = part.to_lowercase();
        let is_listed = |list: &[&str]| list.contains(&lower.as_str());
        part.starts_with("CLAUDE")
            || part.starts_with("AGENTS")
            || is_listed(&["claude.md", "claude.local.md", "agents.md", "agents.override.md"])
            || is_listed(&INSTRUCTION_FOLDERS)
            || is_listed(&INSTRUCTION_FILES)
    })
}

fn part_fault(part: &str) -> Option<PathFault> {
    let lower = part.to_lowercase();
    let trimmed = lower.trim_end_matches(['.', ' ']);
    if matches!(part, "" | "." | "..") {
        return Some(PathFault::Dots);
    }
    // `.git::$INDEX_ALLOCATION` and `git~1` are other spellings of the same folder on NTFS.
    if trimmed == ".git" || trimmed == "git~1" || lower.starts_with(".git:") {
        return Some(PathFault::GitFolder);
    }
    if trimmed != lower {
        return Some(PathFault::TrailingDotOrSpace);
    }
    if PART_BYTES_MAX < part.len() {
        return Some(PathFault::TooLong);
    }
    is_reserved(&lower).then_some(PathFault::ReservedName)
}

/// `lower` is a part in lower case. Windows looks at what stands before the first dot.
fn is_reserved(lower: &str) -> bool {
    let stem = lower.split(['.', ':']).next().unwrap_or_default().trim_end();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let mut digits = port.unwrap_or_default().chars();
    let is_port =
        matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None));
    RESERVED_NAMES.contains(&stem) || is_port
}

fn has_drive(path: &str) -> bool {
    let mut chars = path.chars();
    chars.next().is_some_and(|it| it.is_ascii_alphabetic()) && chars.next() == Some(':')
}

/// Control characters, and those without width that make two paths look alike or that some disks
/// ignore (`.g\u{200c}it`).
fn is_invisible(it: char) -> bool {
    it.is_control()
        || matches!(it,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<PathFault>) {
        assert_eq!(path_fault(path), expected, "{path:?}");
    }

    #[test]
    fn plain_paths_pass() {
        for path in [
            "README.md",
            "src/domain/plan/paths.rs",
            "app/[id]/page (1).tsx",
            "документы/план.md",
            "文档/計画.md",
            ".env.example",
            ".gitignore",
            "src/git/config.rs",
            "console/nullable/com.rs",
            "src/llm/claude_client.rs",
            "src/agents/mod.rs",
            "ClaudeClient.java",
            "a..b/c...d.txt",
            "100%.txt",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn paths_that_leave_the_repository_are_refused() {
        check("", Some(PathFault::Empty));
        check("/etc/passwd", Some(PathFault::Absolute));
        check("//server/share", Some(PathFault::Absolute));
        check("C:/Windows", Some(PathFault::Absolute));
        check("c:x", Some(PathFault::Absolute));
        check("..", Some(PathFault::Dots));
        check("src/../../x", Some(PathFault::Dots));
        check("./src/x", Some(PathFault::Dots));
        check("src//x", Some(PathFault::Dots));
        check("src/", Some(PathFault::Dots));
        check("src\\x.rs", Some(PathFault::Backslash));
        check("..%2f..%2fetc", Some(PathFault::Encoded));
        check("a%5Cb", Some(PathFault::Encoded));
        check("%2E%2E/x", Some(PathFault::Encoded));
    }

    #[test]
    fn the_folder_of_git_is_refused_in_every_spelling() {
        for path in [
            ".git/config",
            ".GIT/hooks/post-checkout",
            "sub/.Git",
            ".git./x",
            ".git /x",
            ".git. . /x",
            "git~1/x",
            ".git::$INDEX_ALLOCATION/x",
        ] {
            check(path, Some(PathFault::GitFolder));
        }
        check(".g\u{200c}it/config", Some(PathFault::Invisible));
    }

    #[test]
    fn names_that_some_machine_cannot_hold_are_refused() {
        check("src/aux.rs", Some(PathFault::ReservedName));
        check("NUL", Some(PathFault::ReservedName));
        check("a/Com1.txt", Some(PathFault::ReservedName));
        check("lpt9", Some(PathFault::ReservedName));
        check("con .txt", Some(PathFault::ReservedName));
        check("a./b", Some(PathFault::TrailingDotOrSpace));
        check("a/b ", Some(PathFault::TrailingDotOrSpace));
        check("a\nb", Some(PathFault::Invisible));
        check("a\u{7}b", Some(PathFault::Invisible));
        check("a\u{202e}sr.exe", Some(PathFault::Invisible));
        check("src/**/*.rs", Some(PathFault::Pattern));
        check("a|b", Some(PathFault::Pattern));
        check(&"é".repeat(128), Some(PathFault::TooLong));
        check(&"é".repeat(127), None);
        check(&"abcde/".repeat(167), Some(PathFault::TooLong));
    }

    #[test]
    fn files_that_instruct_agents_are_refused() {
        check(".github/workflows/ci.yml", Some(PathFault::Workflow));
        check(".GitHub/Workflows/ci.yml", Some(PathFault::Workflow));
        for path in [
            ".github/dependabot.yml",
            "CLAUDE.md",
            "docs/CLAUDE.local.md",
            "claude.md",
            "Agents.md",
            "AGENTS",
            ".claude/skills/x/SKILL.md",
            "packages/a/.claude/settings.json",
            ".mcp.json",
            ".cursor/rules",
            ".husky/pre-commit",
            ".vscode/tasks.json",
            ".devcontainer/devcontainer.json",
            ".gitmodules",
            "sub/.gitattributes",
        ] {
            check(path, Some(PathFault::Instruction));
            assert!(is_instruction_path(path), "{path}");
        }
    }
}
