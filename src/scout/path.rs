//! Which names from outside are names of files, and how a model's spelling of one is read.

/// The longest path kept, in bytes; git hosts refuse much shorter ones.
const PATH_BYTES_MAX: usize = 1_024;

/// A path from an archive or tree as we keep it: relative, with `/`, without `.` parts. `None`
/// for a name that leaves the root, is absolute, stands in `.git`, or could forge a line of tool
/// output.
pub(super) fn safe(path: &str) -> Option<String> {
    let forges = |it: char| it.is_control() || it == '\\';
    if path.is_empty() || PATH_BYTES_MAX < path.len() || path.chars().any(forges) {
        return None;
    }
    if path.starts_with('/') {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            git if git.eq_ignore_ascii_case(".git") => return None,
            name => parts.push(name),
        }
    }
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}

/// Takes off the folder that a host's archive puts everything in (`owner-name-sha/`).
pub(super) fn without_first_part(path: &str) -> Option<&str> {
    path.split_once('/').map(|(_, rest)| rest)
}

/// A path as a model writes it: `./src/`, `/src` and `src` mean the same; `.` and `/` the root.
pub(super) fn normalise(path: &str) -> String {
    let parts = path.trim().split('/').filter(|it| !it.is_empty() && *it != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(safe(path).as_deref(), expected, "{path:?}");
    }

    #[test]
    fn only_names_inside_the_repository_are_kept() {
        check("src/main.rs", Some("src/main.rs"));
        check("./a//b/./c", Some("a/b/c"));
        check("名前/ファイル.md", Some("名前/ファイル.md"));
        check("a..b/...", Some("a..b/..."));
        check(".github/workflows/ci.yml", Some(".github/workflows/ci.yml"));
        check("", None);
        check(".", None);
        check("/etc/passwd", None);
        check("../x", None);
        check("a/../../x", None);
        check("a/..", None);
        check("..\\x", None);
        check(".git/config", None);
        check("sub/.GIT/hooks/pre-commit", None);
        check("a\nb", None);
        check("a\0b", None);
        check("\u{1b}[2J", None);
        check(&"x/".repeat(600), None);
    }

    #[test]
    fn a_models_spelling_is_understood() {
        for (written, meant) in
            [("./src/", "src"), ("/src", "src"), (".", ""), ("/", ""), (" src//a.rs ", "src/a.rs")]
        {
            assert_eq!(normalise(written), meant, "{written:?}");
        }
        assert_eq!(without_first_part("acme-api-1a2b/src/a.rs"), Some("src/a.rs"));
        assert_eq!(without_first_part("loose"), None);
    }
}
