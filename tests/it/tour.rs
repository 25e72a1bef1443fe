//! The tour of `baton demo`, in this process and as people run it.

use std::process::Command;

use baton::cli::demo::tour;

use crate::world::forbidden::forbidden;

#[tokio::test]
async fn the_tour_ends_as_it_should() {
    let mut out = Vec::new();
    let calls = tour::run(&mut out).await.unwrap_or_else(|problem| {
        panic!(
            "{problem}\nIf Baton should say this, write the story anew:\n\
             cargo run --example tour > src/cli/demo/tour/story.txt"
        )
    });
    let never: Vec<_> = calls.iter().filter_map(|it| Some((&it.path, forbidden(it)?))).collect();
    assert!(calls.iter().any(|it| it.is_write) && never.is_empty(), "{never:?}");
    let told = String::from_utf8(out).unwrap();
    assert!(told.ends_with("\nThe tour ended as it should.\n"));
    let long = told.lines().find(|it| 100 < it.chars().count());
    assert_eq!(long, None, "a line is wider than a terminal");
    assert!(told.chars().all(|it| it == '\n' || !it.is_control()));
}

#[test]
fn the_binary_tells_the_tour() {
    let ran = Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["demo", "--script", "tour"])
        .env_clear()
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{err}");
    assert!(out.ends_with("\nThe tour ended as it should.\n"), "{out}");
    assert_eq!(err, "");
}
