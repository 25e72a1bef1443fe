//! Paths that are special: what is never sent to a model, and what tells agents what to do.
//! Case does not matter where a file system might not care either.

/// Whether a file's contents never go to a model (trust rule 21). What `.batonignore` adds is the
/// repository's own list and is asked elsewhere.
pub fn is_secret_path(path: &str) -> bool {
    let path = path.replace('\\', "/").to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let ends = [".pem", ".key", ".tfstate", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"];
    let names = [
        ".netrc",
        "_netrc",
        ".npmrc",
        ".pypirc",
        ".git-credentials",
        ".htpasswd",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
    ];
    name.starts_with(".env")
        || ends.iter().any(|it| name.ends_with(it))
        || name.contains(".tfstate.")
        || names.contains(&name)
        || folders.split('/').any(|it| matches!(it, "secrets" | ".ssh" | ".aws" | ".gnupg"))
}

/// Whether a file gives orders to agents, editors, hooks or CI (trust rule 10): read at the base
/// commit only, never written by an agent.
pub fn is_instruction_path(path: &str) -> bool {
    let path = path.replace('\\', "/");
    let lower = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let name_lower = name.to_ascii_lowercase();
    let folders =
        [".claude", ".cursor", ".github", ".husky", ".vscode", ".devcontainer", ".githooks"];
    let names = [".mcp.json", ".gitmodules", ".gitattributes", ".cursorrules", ".windsurfrules"];
    // `CLAUDE*` and `AGENTS*` as written; in small letters only the Markdown file, because
    // `claude_client.rs` is code.
    let shouted = name.starts_with("CLAUDE") || name.starts_with("AGENTS");
    let quiet = (name_lower.starts_with("claude") || name_lower.starts_with("agents"))
        && name_lower.ends_with(".md");
    shouted
        || quiet
        || names.contains(&name_lower.as_str())
        || lower.split('/').any(|it| folders.contains(&it))
}
