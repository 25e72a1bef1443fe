//! Hostile archives, bounded answers, and ranking on a small repository.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};
use tempfile::TempDir;

use super::*;
use crate::base::{RepositoryId, Sha};
use crate::domain::session::Reading;

mod searching;

const REPOSITORY: RepositoryId = RepositoryId(42);

fn sha() -> Sha {
    Sha("0123456789abcdef0123456789abcdef01234567".to_owned())
}

/// An archive written entry by entry, names unchecked.
struct Tarball(Vec<u8>);

impl Tarball {
    fn new() -> Tarball {
        Tarball(Vec::new())
    }

    fn entry(mut self, kind: EntryType, name: &[u8], link: &[u8], content: &[u8]) -> Tarball {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, name: &str, content: &str) -> Tarball {
        self.entry(EntryType::Regular, name.as_bytes(), b"", content.as_bytes())
    }

    fn plain(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }

    fn gzip(self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.plain()).unwrap();
        encoder.finish().unwrap()
    }
}

fn unpack_with(
    dir: &Path,
    bytes: &[u8],
    limits: SnapshotLimits,
) -> Result<Snapshot, SnapshotError> {
    Snapshot::from_tarball(dir, REPOSITORY, &sha(), bytes, limits)
}

fn unpack(bytes: &[u8]) -> (TempDir, Snapshot) {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = unpack_with(dir.path(), bytes, SnapshotLimits::default()).unwrap();
    (dir, snapshot)
}

fn with_files(files: &[(&str, &str)]) -> (TempDir, Snapshot) {
    let dir = tempfile::tempdir().unwrap();
    let limits = SnapshotLimits::default();
    let mut builder = SnapshotBuilder::new(dir.path(), REPOSITORY, &sha(), limits).unwrap();
    for (path, text) in files {
        builder.add(path, text.as_bytes()).unwrap();
    }
    let snapshot = builder.finish().unwrap();
    (dir, snapshot)
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.paths().collect()
}

/// One hostile entry beside a good file: what is visible, and what was counted.
#[track_caller]
fn check(hostile: Tarball, visible: &[&str], skipped: Skipped) {
    let (dir, snapshot) = unpack(&hostile.file("acme-api-0123/ok.rs", "fn ok() {}\n").gzip());
    assert_eq!(paths(&snapshot), visible);
    assert_eq!(snapshot.skipped(), skipped);
    assert_eq!(snapshot.read_file("ok.rs", None, None).unwrap(), "    1\tfn ok() {}\n");
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing but the pack is on the disk");
}

#[test]
fn hostile_entries_touch_nothing() {
    let none = Skipped::default();
    let names = |n| Skipped { names: n, ..none };
    let links = |n| Skipped { links: n, ..none };
    let at = |name: &str| Tarball::new().file(name, "x");
    check(at("../x"), &["ok.rs"], names(1));
    check(at("acme-api-0123/../../x"), &["ok.rs"], names(1));
    check(at("/etc/passwd"), &["ok.rs"], names(1));
    check(at("acme-api-0123/.git/config"), &["ok.rs"], names(1));
    check(at("acme-api-0123/a\nb"), &["ok.rs"], names(1));
    check(at("loose"), &["ok.rs"], names(1));
    let raw = Tarball::new().entry(EntryType::Regular, b"acme-api-0123/\xff\xfe", b"", b"x");
    check(raw, &["ok.rs"], names(1));

    let out_and_back = Tarball::new()
        .entry(EntryType::Symlink, b"acme-api-0123/out", b"../../../../etc", b"")
        .file("acme-api-0123/out/passwd", "harmless")
        .entry(EntryType::Link, b"acme-api-0123/hard", b"/etc/passwd", b"");
    check(out_and_back, &["ok.rs", "out/passwd"], links(2));
    let device = Tarball::new().entry(EntryType::Char, b"acme-api-0123/tty", b"", b"").entry(
        EntryType::Fifo,
        b"acme-api-0123/pipe",
        b"",
        b"",
    );
    check(device, &["ok.rs"], Skipped { special: 2, ..none });

    let twice = at("acme-api-0123/a").file("acme-api-0123/a", "y");
    check(twice, &["a", "ok.rs"], Skipped { repeated: 1, ..none });
    let cases = at("acme-api-0123/README").file("acme-api-0123/Readme", "y");
    check(cases, &["README", "Readme", "ok.rs"], none);
    let folder_and_file = at("acme-api-0123/a").file("acme-api-0123/a/b", "y");
    check(folder_and_file, &["a", "a/b", "ok.rs"], none);
    let empty = Tarball::new()
        .entry(EntryType::Directory, b"acme-api-0123/", b"", b"")
        .file("acme-api-0123/empty", "");
    check(empty, &["empty", "ok.rs"], none);
}

#[test]
fn long_names_are_kept() {
    let long = format!("acme-api-0123/{}/file.rs", vec!["folder"; 40].join("/"));
    let name = [long.as_bytes(), b"\0"].concat();
    let tarball = Tarball::new()
        .entry(EntryType::GNULongName, b"././@LongLink", b"", &name)
        .file("acme-api-0123/cut", "x");
    let (_dir, snapshot) = unpack(&tarball.gzip());
    assert_eq!(paths(&snapshot), [long.strip_prefix("acme-api-0123/").unwrap()]);
}

#[test]
fn limits_end_the_reading() {
    let limits = SnapshotLimits {
        bytes_max: 100_000,
        entries_max: 5,
        ratio_max: 10,
        ratio_from_bytes: 20_000,
    };
    let fails = |tarball: Tarball| {
        let dir = tempfile::tempdir().unwrap();
        let error = unpack_with(dir.path(), &tarball.gzip(), limits).err().unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
        error
    };
    let bomb = Tarball::new().file("r/bomb", &"0".repeat(60_000));
    assert!(matches!(fails(bomb), SnapshotError::Ratio { ratio_max: 10 }));
    let mut noise = 1_u32;
    let random: String = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + (noise >> 24) as u8 % 90)
    })
    .take(120_000)
    .collect();
    let large = Tarball::new().file("r/large", &random);
    assert!(matches!(fails(large), SnapshotError::TooLarge { bytes_max: 100_000 }));
    let many = (0..6).fold(Tarball::new(), |it, n| it.file(&format!("r/{n}"), ""));
    assert!(matches!(fails(many), SnapshotError::TooManyEntries { entries_max: 5 }));
}

#[test]
fn a_huge_header_ends_early() {
    let name = vec![b'a'; 2_000_000];
    let later = Tarball::new().file("r/large", &"x".repeat(3_000_000)).entry(
        EntryType::Symlink,
        b"r/link",
        b"",
        &vec![0; 3_000_000],
    );
    for before in [Tarball::new(), later] {
        let tarball = before.entry(EntryType::GNULongName, b"././@LongLink", b"", &name);
        let dir = tempfile::tempdir().unwrap();
        let result = unpack_with(dir.path(), &tarball.plain(), SnapshotLimits::default());
        let error = result.err().unwrap().to_string();
        assert!(error.contains("a header larger than a megabyte"), "{error}");
    }
}

#[test]
fn a_cut_or_foreign_archive_is_damaged() {
    let whole = Tarball::new().file("r/a", &"some text\n".repeat(500)).file("r/b", "x").gzip();
    for cut in [0, 1, 20, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let dir = tempfile::tempdir().unwrap();
        let result = unpack_with(dir.path(), &whole[..cut], SnapshotLimits::default());
        assert!(matches!(result, Err(SnapshotError::Damaged(_))), "cut at {cut}");
        assert!(Snapshot::open_cached(dir.path(), REPOSITORY, &sha()).unwrap().is_none());
    }
    let html = b"<html><body>Bad gateway</body></html>".repeat(40);
    let dir = tempfile::tempdir().unwrap();
    let result = unpack_with(dir.path(), &html, SnapshotLimits::default());
    assert!(matches!(result, Err(SnapshotError::Damaged(_))));
}

#[test]
fn the_cache_knows_only_complete_packs() {
    let dir = tempfile::tempdir().unwrap();
    let cached = || Snapshot::open_cached(dir.path(), REPOSITORY, &sha()).unwrap();
    assert!(cached().is_none());
    let plain = Tarball::new().file("r/a.rs", "fn a() {}\n").plain();
    unpack_with(dir.path(), &plain, SnapshotLimits::default()).unwrap();
    assert_eq!(paths(&cached().unwrap()), ["a.rs"]);
    let other = RepositoryId(43);
    assert!(Snapshot::open_cached(dir.path(), other, &sha()).unwrap().is_none(), "a fork's");

    let pack = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&pack).unwrap();
    for end in 0..bytes.len() {
        std::fs::write(&pack, &bytes[..end]).unwrap();
        assert!(cached().is_none(), "cut at {end}");
    }
    let mut other_format = bytes.clone();
    *other_format.last_mut().unwrap() = b'0';
    std::fs::write(&pack, &other_format).unwrap();
    assert!(cached().is_none(), "another version's");
    std::fs::write(&pack, &bytes).unwrap();
    let renamed = dir.path().join(format!("43-{}.snapshot", sha()));
    std::fs::rename(&pack, renamed).unwrap();
    assert!(Snapshot::open_cached(dir.path(), other, &sha()).unwrap().is_none(), "not its name's");
    for bad in ["", "../../etc/passwd", "main", "0123"] {
        let result = Snapshot::open_cached(dir.path(), REPOSITORY, &Sha::from(bad));
        assert!(matches!(result, Err(SnapshotError::BadSha(_))), "{bad}");
    }
}

#[test]
fn old_packs_go_first() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..3_i64 {
        let limits = SnapshotLimits::default();
        let builder = SnapshotBuilder::new(dir.path(), RepositoryId(n), &sha(), limits).unwrap();
        builder.finish().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::fs::write(dir.path().join("other.txt"), "stays").unwrap();
    let one = std::fs::metadata(dir.path().join(format!("2-{}.snapshot", sha()))).unwrap().len();
    assert_eq!(prune(dir.path(), one).unwrap(), 2);
    let newest = Snapshot::open_cached(dir.path(), RepositoryId(2), &sha()).unwrap();
    assert!(newest.is_some());
    assert!(dir.path().join("other.txt").exists());
}

#[test]
fn secret_and_ignored_files_are_invisible() {
    let (_dir, snapshot) = with_files(&[
        (".env", "CANARY=1\n"),
        ("deploy/secrets/db.yaml", "CANARY: 1\n"),
        ("tls/server.pem", "CANARY\n"),
        (".batonignore", "legal/\n"),
        ("legal/contract.md", "CANARY clause\n"),
        ("src/main.rs", "fn main() {}\n"),
    ]);
    let skipped = snapshot.skipped();
    assert_eq!((skipped.secret, skipped.ignored), (3, 1));
    assert_eq!(paths(&snapshot), [".batonignore", "src/main.rs"]);
    let hidden: Vec<_> = snapshot.hidden_paths().collect();
    assert_eq!(hidden, [".env", "deploy/secrets/db.yaml", "legal/contract.md", "tls/server.pem"]);
    let answers = [
        snapshot.list_files(None, None),
        snapshot.list_files(None, Some("**/*")),
        snapshot.list_files(Some("legal"), None),
        snapshot.read_file(".env", None, None),
        snapshot.read_file("legal/contract.md", None, None),
        snapshot.grep("canary", None),
        snapshot.search("canary clause contract"),
    ];
    for answer in answers {
        let text = answer.unwrap_or_else(|it| it.0);
        assert!(!text.contains("CANARY") && !text.contains("Near"), "{text}");
    }
    assert_eq!(snapshot.line_count(".env"), None);
    assert!(snapshot.rank("CANARY contract").is_empty());
    assert!(snapshot.verify_against([".env", "legal/contract.md", "src/main.rs"]).is_empty());
}

#[test]
fn gaps_of_an_archive_are_named_and_filled() {
    let dir = tempfile::tempdir().unwrap();
    let limits = SnapshotLimits::default();
    let mut builder = SnapshotBuilder::new(dir.path(), REPOSITORY, &sha(), limits).unwrap();
    let archive = Tarball::new().file("r/src/a.rs", "a\n").gzip();
    builder.add_tarball(archive.as_slice()).unwrap();
    let tree = ["tests/t.rs", "src/a.rs", ".env", "docs/d.md"];
    assert_eq!(builder.missing(tree), [".env", "docs/d.md", "tests/t.rs"]);
    builder.add("tests/t.rs", b"t\n").unwrap();
    builder.add(".env", b"X=1\n").unwrap();
    assert_eq!(builder.finish().unwrap().verify_against(tree), ["docs/d.md"]);
}

/// One call of `read_file` and the whole text it answers with.
#[track_caller]
fn check_read(snapshot: &Snapshot, path: &str, range: (u32, u32), expected: &str) {
    let line = |n: u32| if n == 0 { None } else { Some(n) };
    let answer = snapshot.read_file(path, line(range.0), line(range.1));
    assert_eq!(answer.unwrap_or_else(|it| it.0), expected);
}

#[test]
fn files_are_read_in_ranges() {
    let ten: String = (1..=10).map(|n| format!("line {n}\r\n")).collect();
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let large = "x\n".repeat(600_000);
    let (_dir, snapshot) = with_files(&[
        ("src/ten.txt", &ten),
        ("empty.txt", ""),
        ("logo.png", "PNG\0\0"),
        ("model.bin", lfs),
        ("large.csv", &large),
        ("bom.txt", "\u{feff}first\n"),
    ]);
    let read = |path, range, expected| check_read(&snapshot, path, range, expected);
    read("src/ten.txt", (9, 0), "    9\tline 9\n   10\tline 10\n");
    read("./src/ten.txt", (10, 99), "   10\tline 10\n");
    read(
        "src/ten.txt",
        (0, 1),
        "    1\tline 1\n(1 of 10 lines reached; go on with `from_line` 2)\n",
    );
    read("src/ten.txt", (11, 0), "`src/ten.txt` has 10 lines; line 11 is not there.");
    read("src/ten.txt", (5, 4), "`from_line` 5 lies after `to_line` 4.");
    read("empty.txt", (0, 0), "`empty.txt` is empty.\n");
    read("bom.txt", (0, 0), "    1\tfirst\n");
    read("logo.png", (0, 0), "`logo.png` is a binary file (5 B) and is not shown.");
    read(
        "model.bin",
        (0, 0),
        "`model.bin` is a Git LFS pointer: its content is not in the repository.",
    );
    read(
        "large.csv",
        (0, 0),
        "`large.csv` has 1.2 MB, more than the 1.0 MB that are read; `grep` skips it too.",
    );
    read("src", (0, 0), "`src` is a folder: use `list_files`.");
    read("ten.txt", (0, 0), "There is no file `ten.txt` that can be read. Near: `src/ten.txt`.");
    read(
        "src/tan.txt",
        (0, 0),
        "There is no file `src/tan.txt` that can be read. Near: `src/ten.txt`.",
    );
    read(
        "nothing/like/it",
        (0, 0),
        "There is no file `nothing/like/it` that can be read. Use `list_files` or `search`.",
    );
    assert_eq!(snapshot.line_count("src/ten.txt"), Some(10));
    assert_eq!(snapshot.line_count("logo.png"), None);
    assert_eq!(snapshot.line_count("absent"), None);
}

#[test]
fn long_answers_are_cut_and_say_so() {
    let wide = format!("{}\n", "y".repeat(900)).repeat(300);
    let mut files: Vec<(String, String)> = (0..900)
        .map(|n| {
            (format!("src/module_{:02}/file_{n:03}.rs", n % 7), format!("let needle = {n};\n"))
        })
        .collect();
    files.push(("wide.txt".to_owned(), wide));
    files.push(("many.txt".to_owned(), "needle\n".repeat(50)));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (_dir, snapshot) = with_files(&files);
    let bounded = |text: String| {
        assert!(text.len() < 25 * 1_024, "{}", text.len());
        text
    };
    let whole = bounded(snapshot.list_files(None, None).unwrap());
    assert_eq!(whole.lines().next(), Some("src/ (900 files)"));
    let level = bounded(snapshot.list_files(Some("src"), None).unwrap());
    assert_eq!(level.lines().next(), Some("src/module_00/ (129 files)"));
    let all = bounded(snapshot.list_files(None, Some("*.rs")).unwrap());
    assert!(all.ends_with("more files; narrow with `dir` or `glob`)\n"), "{all}");
    let relative = snapshot.list_files(Some("src/module_06"), Some("file_00*.rs")).unwrap();
    assert_eq!(relative, "src/module_06/file_006.rs (16 B)\n");

    let lines = bounded(snapshot.grep("needle", None).unwrap());
    assert!(lines.contains("many.txt: (30 more matching lines in this file)"), "{lines}");
    assert!(lines.contains("more lines; narrow with `glob`"), "{lines}");
    let read = bounded(snapshot.read_file("wide.txt", None, None).unwrap());
    assert!(read.ends_with("(18 of 300 lines reached; go on with `from_line` 19)\n"), "{read}");
    bounded(snapshot.search("needle").unwrap());
}

fn shop() -> (TempDir, Snapshot) {
    with_files(&[
        ("README.md", "# Shop\n\nAn online shop with a cache.\n"),
        ("package-lock.json", "{ \"cache\": { \"redis\": \"cache cache cache\" } }\n"),
        ("src/cache/redis.ts", "export class RedisCache {\n  get(key: string) {}\n}\n"),
        ("src/cache/memory.ts", "export class MemoryCache {} // LRU eviction\n"),
        ("node_modules/lru/eviction.js", "module.exports = 1;\n"),
        (
            "src/orders/checkout.ts",
            "export function checkout(cart: Cart) {\n  return pay(cart);\n}\n",
        ),
        ("src/orders/cart.ts", "export class Cart {\n  total() {}\n}\n"),
        ("src/http/server.ts", "export function startServer(port: number) {}\n"),
        ("tests/checkout.test.ts", "import { checkout } from '../src/orders/checkout';\n"),
    ])
}

#[test]
fn files_are_ranked_by_what_they_are_about() {
    let (_dir, snapshot) = shop();
    let best = |text: &str| snapshot.rank(text).into_iter().map(|(path, _)| path).next();
    assert_eq!(best("Add a Redis cache"), Some("src/cache/redis.ts".to_owned()));
    assert_eq!(
        best("Checkout fails with an empty cart"),
        Some("src/orders/checkout.ts".to_owned())
    );
    assert_eq!(best("the server ignores PORT"), Some("src/http/server.ts".to_owned()));
    assert_eq!(best("LRU eviction leaks"), Some("src/cache/memory.ts".to_owned()));
    assert_eq!(
        best("see `cart.ts`, the redis cache is slow"),
        Some("src/orders/cart.ts".to_owned())
    );
    assert_eq!(best("zzz"), None);
    assert_eq!(best(""), None);
    assert_eq!(snapshot.rank("redis cache cart"), snapshot.rank("redis cache cart"));
}

#[test]
fn search_shows_telling_lines() {
    let (_dir, snapshot) = shop();
    let found = snapshot.search("where does the checkout happen?").unwrap();
    assert_eq!(
        found,
        "src/orders/checkout.ts:1: export function checkout(cart: Cart) {\n\
         tests/checkout.test.ts:1: import { checkout } from '../src/orders/checkout';\n"
    );
    assert_eq!(snapshot.search("zebra").unwrap(), "No file has any of: zebra.\n");
    assert!(snapshot.search("of the a").is_err());
    assert!(snapshot.search("").is_err());
}

#[test]
fn readings_run_the_tool_of_their_name() {
    let (_dir, snapshot) = shop();
    let path = "src/orders/cart.ts".to_owned();
    let read = Reading::ReadFile { path, from_line: Some(2), to_line: Some(2) };
    let answer = snapshot.run(&read).unwrap();
    assert!(answer.starts_with("    2\t  total() {}\n"), "{answer}");
    let list = Reading::ListFiles { dir: Some("src/cache".to_owned()), glob: None };
    assert_eq!(snapshot.run(&list).unwrap().lines().count(), 2);
}

#[test]
fn an_empty_repository_says_so() {
    let (_dir, snapshot) = with_files(&[]);
    let sentence = snapshot.list_files(None, None).unwrap_err().0;
    assert_eq!(sentence, "The repository has no file that can be read.");
    assert!(snapshot.rank("anything").is_empty());
}
