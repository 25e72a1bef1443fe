//! Recognises a path to a file, and what kind of file it is, by looking at the text alone.

/// Extensions of files that people name in issues.
const EXTENSIONS: &[&str] = &[
    "rs", "toml", "lock", "md", "mdx", "rst", "txt", "adoc", "py", "pyi", "ipynb", "js", "mjs",
    "cjs", "jsx", "ts", "tsx", "vue", "svelte", "css", "scss", "less", "html", "htm", "json",
    "jsonl", "yaml", "yml", "xml", "ini", "cfg", "conf", "env", "sh", "bash", "zsh", "ps1", "bat",
    "go", "mod", "java", "kt", "kts", "scala", "groovy", "gradle", "rb", "erb", "php", "pl", "lua",
    "c", "h", "cc", "cpp", "cxx", "hpp", "cs", "csproj", "fs", "swift", "m", "mm", "dart", "ex",
    "exs", "erl", "hs", "clj", "sql", "proto", "graphql", "tf", "nix", "csv", "svg", "png",
];

/// Folders that begin a path even when its last part has no extension.
const FOLDERS: &[&str] = &[
    "src", "lib", "libs", "app", "apps", "pkg", "cmd", "internal", "packages", "crates", "docs",
    "doc", "test", "tests", "spec", "scripts", "tools", "bin", "config", ".github", ".claude",
];

/// Products whose names look like files.
const PRODUCTS: &[&str] = &[
    "node", "vue", "next", "nuxt", "express", "react", "three", "d3", "chart", "ember", "backbone",
    "alpine", "nest", "angular", "moment", "discord", "asp",
];

/// Whether `text` names a file or folder. `and/or` and `Node.js` do not.
pub(super) fn is_path(text: &str) -> bool {
    if text.len() < 3 || 260 < text.len() || text.contains(char::is_whitespace) {
        return false;
    }
    let allowed = |c: char| c.is_alphanumeric() || "/._-+@~$*[](){}".contains(c);
    if !text.chars().all(allowed)
        || text.contains("//")
        || text.contains("..") && !text.contains('/')
    {
        return false;
    }
    let Some((folders, name)) = text.rsplit_once('/') else {
        return extension(text).is_some() && !is_product(text);
    };
    let first = folders.split('/').next().unwrap_or("");
    let rooted = matches!(first, "" | "." | ".." | "~");
    let deep = folders.contains('/');
    extension(name).is_some() || rooted || deep || name.is_empty() || contains(FOLDERS, first)
}

/// Whether `path` names one file inside the repository, and so says something about the scope.
/// Absolute paths come from tracebacks and other machines.
pub(super) fn is_own_file(path: &str) -> bool {
    let foreign = ["/", "~", ".."].iter().any(|it| path.starts_with(it))
        || path.contains("site-packages")
        || path.contains("node_modules");
    !foreign && !path.contains('*') && extension(file_name(path)).is_some()
}

/// Whether `path` is documentation: by its extension, its folder or its well-known name.
pub(super) fn is_document(path: &str) -> bool {
    let name = file_name(path);
    let written = extension(name).is_some_and(|it| {
        ["md", "mdx", "rst", "txt", "adoc"].iter().any(|e| e.eq_ignore_ascii_case(it))
    });
    written || path.split('/').next().is_some_and(|it| it.eq_ignore_ascii_case("docs"))
}

/// The part after the last slash.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let known = contains(EXTENSIONS, extension);
    let named = stem.chars().any(|c| c.is_alphanumeric() || c == '_');
    (known && named).then_some(extension)
}

fn is_product(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        extension.eq_ignore_ascii_case("js") && contains(PRODUCTS, stem)
    })
}

fn contains(list: &[&str], word: &str) -> bool {
    list.iter().any(|it| it.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        assert_eq!(is_path(text), expected, "{text}");
    }

    #[test]
    fn paths_are_told_from_words() {
        for path in ["SECURITY.md", "src/main", "a/b/c", "./x", "/etc/passwd", "docs/", "x/y.rs"] {
            check(path, true);
        }
        for word in ["and/or", "pub/sub", "Node.js", "e.g", "1.5", "...", "security", "a b.md"] {
            check(word, false);
        }
        check("v1.md", true);
        check(".md", false);
    }

    #[test]
    fn only_files_of_the_repository_count() {
        assert!(is_own_file("src/a.rs") && is_own_file("README.md"));
        for other in
            ["/usr/lib/a.py", "~/a.py", "x/site-packages/a.py", "src/", "src/*.rs", "../a.rs"]
        {
            assert!(!is_own_file(other), "{other}");
        }
        assert!(is_document("SECURITY.MD") && is_document("docs/a.png"));
        assert!(!is_document("src/a.rs"));
    }
}
