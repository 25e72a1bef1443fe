//! Paths whose content is never sent to a model.
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
        || folders.split('/').any(|it| {
            matches!(it, "secrets" | ".ssh" | ".aws" | ".gnupg") || it.starts_with(".env")
        })
}
