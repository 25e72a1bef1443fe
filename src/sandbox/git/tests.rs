//! The names of objects are git's own; the rest is checked by what comes out of a repository.

use std::io::Read;

use super::*;
use crate::base::Timestamp;

fn ann() -> Signature {
    Signature {
        name: "Ann".into(),
        email: "ann@example.com".into(),
        at: Timestamp(1_700_000_000_000),
    }
}

fn repository() -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path(), "main").unwrap();
    (folder, repository)
}

fn file(path: &str, text: &str) -> (String, Option<Vec<u8>>) {
    (path.to_owned(), Some(text.as_bytes().to_vec()))
}

#[test]
fn object_names_are_gits_own() {
    let (_folder, repository) = repository();
    let blob = repository.put_blob(b"hello\n").unwrap();
    assert_eq!(blob.as_str(), "ce013625030ba8dba906f756967f9e9ca394464a");
    let empty = repository.change_tree(None, &[]).unwrap();
    assert_eq!(empty.as_str(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    // Directories sort as if they ended in a slash: `a.b` < `a/` < `a0`.
    let place = |path: &str| TreeChange {
        path: path.into(),
        placed: Placed::Object(Mode::File, blob.clone()),
    };
    let tree = repository.change_tree(None, &[place("a/x"), place("a0"), place("a.b")]).unwrap();
    let names: Vec<_> =
        repository.entries(&tree, false).unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["a.b", "a", "a0"]);
}

#[test]
fn files_are_added_changed_and_removed() {
    let (_folder, repository) = repository();
    let files = [file("src/lib.rs", "one"), file("README.md", "hi")];
    let first = repository.commit_files("main", None, &files, &ann(), "first").unwrap();
    let files = [file("src/lib.rs", "two"), ("README.md".to_owned(), None)];
    let second = repository.commit_files("main", None, &files, &ann(), "second").unwrap();
    let change = |path: &str, kind| Change { path: path.into(), kind };
    assert_eq!(
        repository.changes(Some(&first), &second).unwrap(),
        [change("README.md", ChangeKind::Removed), change("src/lib.rs", ChangeKind::Modified)]
    );
    let messages: Vec<_> =
        repository.log(&second).unwrap().into_iter().map(|(_, it)| it.message).collect();
    assert_eq!(messages, ["second", "first"]);
    assert!(repository.is_ancestor(&first, &second).unwrap());
    assert!(!repository.is_ancestor(&second, &first).unwrap());
    assert_eq!(repository.resolve(&second.0[..7], "main"), Some(second));
}

#[test]
fn branches_are_files_with_the_conflicts_that_brings() {
    let (_folder, repository) = repository();
    let sha = repository.commit_files("main", None, &[file("a", "a")], &ann(), "a").unwrap();
    repository.create_branch("baton/1-a", &sha).unwrap();
    for (name, expected) in [
        ("main", "branch `main` already exists"),
        ("baton", "branch `baton` cannot stand beside branch `baton/1-a`"),
        ("main/x", "branch `main/x` cannot stand beside branch `main`"),
        ("a..b", "`a..b` is not a valid branch name"),
        ("../../x", "`../../x` is not a valid branch name"),
    ] {
        assert_eq!(repository.create_branch(name, &sha).unwrap_err().to_string(), expected);
    }
    repository.delete_branch("baton/1-a").unwrap();
    repository.create_branch("baton", &sha).unwrap();
}

#[test]
fn no_path_leaves_the_tree() {
    let (_folder, repository) = repository();
    for path in ["../x", "/x", "a//b", ".git/config", "a/.GIT/x", "", "a/./b"] {
        let result = repository.commit_files("main", None, &[file(path, "x")], &ann(), "x");
        assert!(matches!(result, Err(GitError::BadPath(_))), "{path}");
    }
    assert!(matches!(repository.blob(&"../../etc/passwd".into()), Err(GitError::Missing(_))));
}

#[test]
fn a_work_tree_is_imported_as_git_would_add_it() {
    let (_folder, repository) = repository();
    let work = tempfile::tempdir().unwrap();
    for (path, text) in [
        (".gitignore", "target/\n"),
        ("target/debug/x", "built"),
        (".git/config", "secret"),
        (".github/workflows/ci.yml", "on: push"),
        ("src/main.rs", "fn main() {}"),
    ] {
        let path = work.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let sha = repository.import("main", work_tree(work.path()).unwrap(), &ann(), "x").unwrap();
    let tree = repository.tree_of(&sha).unwrap();
    let paths: Vec<_> = repository
        .entries(&tree, true)
        .unwrap()
        .into_iter()
        .filter(|it| it.mode != Mode::Directory)
        .map(|it| it.name)
        .collect();
    assert_eq!(paths, [".github/workflows/ci.yml", ".gitignore", "src/main.rs"]);
}

#[test]
fn a_tarball_holds_the_files_under_one_folder() {
    let (_folder, repository) = repository();
    let sha = repository.import("main", sample(), &ann(), "x").unwrap();
    let bytes = repository.archive(&sha, "acme-helpdesk-abc").unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut rag = String::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().ends_with("acme-helpdesk-abc/src/rag.rs") {
            entry.read_to_string(&mut rag).unwrap();
        }
    }
    assert!(rag.starts_with("//! Question to answer"));
}

/// The promise of the module: git itself reads what stands on disk. Silent where git is absent,
/// because the product must build and test on a machine with nothing but Rust.
#[test]
fn git_reads_the_repository() {
    let (folder, repository) = repository();
    repository.import("main", sample(), &ann(), "Start\n\nWith a body.").unwrap();
    repository.commit_files("main", None, &[file("a/b/c", "c")], &ann(), "Second").unwrap();
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git")
            .arg("--git-dir")
            .arg(folder.path())
            .args(args)
            .output();
        output.ok().map(|it| {
            assert!(it.status.success(), "{}", String::from_utf8_lossy(&it.stderr));
            String::from_utf8_lossy(&it.stdout).into_owned()
        })
    };
    if let Some(log) = git(&["log", "--format=%s|%an|%at"]) {
        assert_eq!(log, "Second|Ann|1700000000\nStart|Ann|1700000000\n");
        git(&["fsck", "--strict"]);
    }
}
