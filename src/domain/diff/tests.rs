//! Change sets, their differences and their hash.

use super::*;

fn set(files: Vec<FileChange>) -> ChangeSet {
    ChangeSet::new(files).unwrap()
}

#[track_caller]
fn check(before: &str, after: &str, expected: &str) {
    let shown: String = diff_lines(before, after)
        .iter()
        .map(|it| format!("{}{}{}\n", it.sign.mark(), it.number, it.text))
        .collect();
    assert_eq!(shown, expected, "{before:?} -> {after:?}");
}

#[test]
fn lines_are_kept_removed_and_added_with_their_numbers() {
    check("", "", "");
    check("", "a\nb\n", "+1a\n+2b\n");
    check("a\nb\n", "", "-1a\n-2b\n");
    check("a\nb\nc\n", "a\nB\nc\n", " 1a\n-2b\n+2B\n 3c\n");
    check("a\nc\n", "a\nb\nc\n", " 1a\n+2b\n 3c\n");
    check("a", "a\n", "-1a\n+1a\n");
    check("a\r\n", "a\n", "-1a\n+1a\n");
}

#[test]
fn huge_regions_are_replaced_whole() {
    let lines = |word: &str| -> String { (0..6_000).map(|it| format!("{word} {it}\n")).collect() };
    let (old, new) = (format!("top\n{}end\n", lines("a")), format!("top\n{}end\n", lines("b")));
    let counts = LineCounts::of(&diff_lines(&old, &new));
    assert_eq!(counts, LineCounts { added: 6_000, removed: 6_000 });
    let grown = format!("{old}{}", lines("c"));
    assert_eq!(LineCounts::of(&diff_lines(&old, &grown)), LineCounts { added: 6_000, removed: 0 });
}

#[test]
fn a_change_set_is_sorted_and_holds_each_path_once() {
    let unsorted = set(vec![
        FileChange::created("b", "x\n"),
        FileChange::modified("c", "same\n", "same\n"),
        FileChange::deleted("a", "1\n2\n"),
    ]);
    let paths: Vec<_> = unsorted.files().iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["a", "b"], "sorted, and the unchanged one dropped");
    assert_eq!(unsorted.counts(), LineCounts { added: 1, removed: 2 });
    assert_eq!(unsorted.get("b").unwrap().after_text(), "x\n");
    assert_eq!(unsorted.get("c"), None);
    let twice = vec![FileChange::created("a", "x"), FileChange::deleted("a", "y")];
    assert_eq!(ChangeSet::new(twice), Err(TwiceChanged("a".into())));
    let both = vec![FileChange::moved("a", "b", "x", "x"), FileChange::modified("a", "x", "y")];
    assert_eq!(ChangeSet::new(both), Err(TwiceChanged("a".into())));
}

#[test]
fn a_change_set_reads_back_from_json() {
    let whole = set(vec![
        FileChange::moved("a", "b", "x\n", "y\n"),
        FileChange::created("c", Content::Binary { bytes: 3, sha256: "00".into() }),
        FileChange::created("link", "target").with_mode(FileMode::Symlink),
    ]);
    let json = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<ChangeSet>(&json).unwrap(), whole);
    let file = serde_json::to_string(&whole.files()[0]).unwrap();
    let twice = format!("[{file},{file}]");
    assert!(serde_json::from_str::<ChangeSet>(&twice).is_err());
}

#[test]
fn a_unified_diff_reads_like_git() {
    let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
    let after = before.replace("2\n3", "2\nthree").replace("12\n", "12");
    let whole = set(vec![
        FileChange::modified("src/a.rs", before, &*after),
        FileChange::created("b.txt", "x\ty\n"),
        FileChange::moved("old.rs", "new.rs", "same\n", "same\n"),
        FileChange::deleted("gone", "bye\n"),
    ]);
    let expected = "\
--- /dev/null
+++ b/b.txt
@@ -0,0 +1 @@
+x\ty
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-bye
--- a/old.rs
+++ b/new.rs
--- a/src/a.rs
+++ b/src/a.rs
@@ -1,6 +1,6 @@
 1
 2
-3
+three
 4
 5
 6
@@ -9,4 +9,4 @@
 9
 10
 11
-12
+12
\\ No newline at end of file
";
    assert_eq!(unified(&whole, 10_000), expected);
}

#[test]
fn links_binaries_and_hidden_characters_are_shown() {
    let whole = set(vec![
        FileChange::created("img.png", Content::Binary { bytes: 10, sha256: "00".into() }),
        FileChange::created("link", "../../etc").with_mode(FileMode::Symlink),
        FileChange::created("x.rs", "if user \u{202e} admin {}\nKaffee für शक्ति\n"),
    ]);
    let shown = unified(&whole, 10_000);
    assert!(shown.contains("+++ b/img.png\n(binary: nothing -> 10 bytes)\n"), "{shown}");
    assert!(shown.contains("+++ b/link\n(symbolic link)\n"), "{shown}");
    assert!(shown.contains("+if user <U+202E> admin {}\n+Kaffee für शक्ति\n"), "{shown}");
    let forged = set(vec![FileChange::created("a\n+++ b/b", "x\n")]);
    assert!(unified(&forged, 1_000).contains("+++ b/a<U+000A>+++ b/b\n"));
}

#[test]
fn a_large_diff_names_every_file_and_counts_what_is_left_out() {
    let long: String = (0..1_000).map(|it| format!("line {it}\n")).collect();
    let whole = set(vec![
        FileChange::created("large-1", &*long),
        FileChange::created("large-2", &*long),
        FileChange::created("small", "one\n"),
    ]);
    let shown = unified(&whole, 1_000);
    assert!(shown.len() < 1_200, "{}", shown.len());
    assert!(shown.contains("+++ b/large-1\n@@") && shown.contains("+++ b/large-2\n@@"), "{shown}");
    assert!(shown.contains("+++ b/small\n@@ -0,0 +1 @@\n+one\n"), "small ones are whole");
    assert_eq!(shown.matches("more lines of this file are not shown").count(), 2);
    let nothing = unified(&whole, 0);
    assert_eq!(nothing.matches("+++ b/").count(), 3, "{nothing}");
    let wide = set(vec![FileChange::created("wide", &*"ä".repeat(600))]);
    assert!(unified(&wide, 10_000).contains(" … (600 characters)"));
}

#[test]
fn the_hash_is_of_every_part_and_of_nothing_else() {
    let base = || vec![FileChange::modified("a", "1\n", "2\n"), FileChange::created("b", "x\n")];
    let hash = set(base()).hash();
    assert_eq!(hash.as_str().len(), 64);
    assert_eq!(hash.to_string(), hash.as_str()[..12]);
    assert_eq!(hash.as_str().parse(), Ok(hash.clone()));
    assert!("ABC".parse::<ChangeHash>().is_err());
    let mut turned = base();
    turned.reverse();
    turned.push(FileChange::modified("c", "same", "same"));
    assert_eq!(set(turned).hash(), hash, "neither order nor what changes nothing counts");

    let mut others = vec![set(Vec::new())];
    for edit in [
        |it: &mut FileChange| it.path.push('x'),
        |it: &mut FileChange| it.before = Some("0\n".into()),
        |it: &mut FileChange| it.after = Some("3\n".into()),
        |it: &mut FileChange| it.after = None,
        |it: &mut FileChange| it.mode = FileMode::Executable,
        |it: &mut FileChange| it.kind = ChangeKind::Moved { from: "z".into() },
        |it: &mut FileChange| it.after = Some(Content::Binary { bytes: 2, sha256: "2".into() }),
    ] {
        let mut files = base();
        edit(&mut files[0]);
        others.push(set(files));
    }
    for other in others {
        assert_ne!(other.hash(), hash, "{other:?}");
    }
    // What moves over the border between two fields is another change set.
    let (one, two) = (FileChange::created("ab", "c"), FileChange::created("a", "bc"));
    assert_ne!(set(vec![one]).hash(), set(vec![two]).hash());
}
