//! What `grep` answers, and tools that are asked to stop.

use super::{Halt, shop, with_files};

#[test]
fn grep_answers_or_explains() {
    let minified = format!("{}needle{}\n", "a".repeat(5_000), "b".repeat(5_000));
    let (_dir, snapshot) = with_files(&[
        ("src/a.rs", "fn Needle() {}\n  let x = needle(1);\n"),
        ("web/app.js", &minified),
        ("bin", "needle\0"),
    ]);
    let grep =
        |pattern: &str, glob: Option<&str>| snapshot.grep(pattern, glob).unwrap_or_else(|it| it.0);
    let rust = "src/a.rs:1: fn Needle() {}\nsrc/a.rs:2: let x = needle(1);\n";
    assert_eq!(grep("needle", Some("*.rs")), rust);
    assert_eq!(grep("Needle", Some("*.rs")), "src/a.rs:1: fn Needle() {}\n");
    assert_eq!(grep(r"needle\(\d\)", None), "src/a.rs:2: let x = needle(1);\n");
    let around = grep("needle", Some("*.js"));
    assert!(around.contains("needle") && around.len() < 300, "{around}");
    assert_eq!(grep("absent", None), "No line matches.\n");
    assert_eq!(grep("needle", Some("*.py")), "No line matches.\n");
    for (bad, why) in [
        ("", "empty"),
        ("fn (", "unclosed group"),
        ("(?=x)", "look-around"),
        ("a\nb", "not a regular expression"),
        ("((x{1000}){1000}){1000}", "size limit"),
        (&"x".repeat(600), "longer than"),
    ] {
        let sentence = snapshot.grep(bad, None).unwrap_err().0;
        assert!(sentence.contains(why), "{bad}: {sentence}");
    }
}

#[test]
fn a_tool_that_is_asked_to_stop_says_what_was_left_out() {
    let (_dir, snapshot) = shop();
    let halt = Halt::default();
    let view = snapshot.until(halt.clone());
    assert!(view.grep("Cart", None).unwrap().contains("src/orders/cart.ts:1:"));
    halt.call();
    let cut = view.grep("Cart", None).unwrap();
    assert!(
        cut.starts_with("No line matches in what was searched.\n(stopped at `README.md`"),
        "{cut}"
    );
    assert!(cut.contains("narrow with `glob`"), "{cut}");
    let cut = view.search("cart").unwrap_err().0;
    assert!(cut.contains("the time of one call was used up"), "{cut}");
    // Half an index is not kept.
    assert!(snapshot.search("cart").unwrap().starts_with("src/orders/cart.ts"));
}

/// Pieces of a file are searched one by one: the numbers of lines go on over them, and a line that
/// is longer than a piece is found in.
#[test]
fn a_match_is_found_wherever_its_piece_begins() {
    let text = format!("{}needle 1\n{}needle 2", "x\n".repeat(40_000), "y\n".repeat(70_000));
    let long = format!("{}\nneedle 3\n", "z".repeat(200_000));
    let (_dir, snapshot) = with_files(&[("a.txt", &text), ("b.txt", &long)]);
    let found = snapshot.grep("needle", None).unwrap();
    let expected = "a.txt:40001: needle 1\na.txt:110002: needle 2\nb.txt:2: needle 3\n";
    assert_eq!(found, expected);
}

#[test]
fn a_path_that_nobody_mistypes_is_compared_with_nothing() {
    let deep = format!("{}x.rs", "a/".repeat(150));
    let (_dir, snapshot) = with_files(&[(deep.as_str(), "x\n"), ("src/main.rs", "y\n")]);
    let wrong = deep.replace("x.rs", "y.rs");
    assert!(!snapshot.read_file(&wrong, None, None).unwrap_err().0.contains("Near"));
    assert!(snapshot.read_file("src/mein.rs", None, None).unwrap_err().0.contains("src/main.rs"));
}
