//! The playground of `baton demo`, as a browser meets it: the real binary, over HTTP.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use reqwest::header::{COOKIE, HOST};
use reqwest::{Client, StatusCode, redirect};

/// How long anything may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Playground {
    process: Child,
    /// Held open: a program whose output nobody reads may end.
    _out: BufReader<ChildStdout>,
    address: String,
    client: Client,
}

impl Playground {
    fn open() -> Playground {
        let mut process = Command::new(env!("CARGO_BIN_EXE_baton"))
            .args(["demo", "--port", "0"])
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().trim_end_matches('/');
        let address = format!("http://{address}");
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build();
        Playground { process, _out: out, address, client: client.unwrap() }
    }

    /// Sends a form as somebody and says where it leads.
    async fn act(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let body: Vec<String> =
            fields.iter().map(|it| format!("{}={}", it.0, encoded(it.1))).collect();
        let request = self
            .client
            .post(format!("{}{path}", self.address))
            .header(COOKIE, format!("baton-demo-actor={who}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn page(&self, path: &str) -> String {
        self.page_as("ann", path).await
    }

    async fn page_as(&self, who: &str, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.address));
        let request = request.header(COOKIE, format!("baton-demo-actor={who}"));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        answer.text().await.unwrap()
    }

    /// The page, once it shows this.
    async fn shows(&self, path: &str, text: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let page = self.page(path).await;
                if page.contains(text) {
                    return page;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("{path} never showed {text:?}"))
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|it| format!("%{it:02X}")).collect()
}

#[tokio::test]
async fn a_visitor_gets_from_an_issue_to_a_plan() {
    let playground = Playground::open();
    assert!(playground.page("/acme/helpdesk/issues").await.contains("No issue yet"));
    let text = "Answers come from a Redis cache.\n\n<img src=x onerror=alert(1)>";
    let fields = [("title", "Add a Redis cache <b>"), ("text", text)];
    let issue = playground.act("ann", "/-/issues", &fields).await;
    assert_eq!(issue, "/acme/helpdesk/issues/1");
    let page = playground.page(&issue).await;
    assert!(page.contains("Add a Redis cache &#60;b&#62;"), "{page}");
    assert!(!page.contains("<img"), "{page}");

    let back = [("say", "/baton plan"), ("back", "/acme/helpdesk/issues/1")];
    playground.act("eve", "/-/issues/1/comments", &back).await;
    playground.shows(&issue, "refused or not understood").await;
    playground.act("ann", "/-/issues/1/comments", &back).await;
    playground.shows(&issue, "Is Redis optional?").await;
    playground.act("ann", "/-/issues/1/comments", &[("text", "1a")]).await;
    playground.shows(&issue, "All answered").await;
    playground.act("ann", "/-/warp", &[("minutes", "10")]).await;
    let page = playground.shows(&issue, "Plan revision 1 is ready").await;
    let link = page.split("href=\"").find(|it| it.contains("-plan.md")).unwrap();
    let link = link.split('"').next().unwrap().replace(&playground.address, "");
    assert!(playground.page(&link).await.contains("Implementation Plan"));
    // What the planner was told stands on the page as text.
    let page = playground.page(&issue).await;
    let told = page.split("aria-label=\"Prompt of Opus planner\">").nth(1).unwrap();
    let told = told.split("</pre>").next().unwrap();
    assert!(told.contains("Add a Redis cache &#60;b&#62;"), "{told}");
    assert!(!told.contains('<'), "{told}");
    let pull = playground.page("/acme/helpdesk/pull/2").await;
    assert!(pull.contains("draft") && pull.contains("docs/prds/active/1-plan.md"), "{pull}");
    let log = playground.shows(&issue, "Planning → Planned").await;
    assert!(log.contains("GitHub would have sent <b>"), "{log}");
}

#[tokio::test]
async fn a_visitor_ticks_a_box_and_gets_to_the_merge() {
    let playground = Playground::open();
    let fields = [("title", "Fix a typo in README.md"), ("text", "\"one\" should be \"only\".")];
    let issue = playground.act("ann", "/-/issues", &fields).await;
    playground.act("ann", "/-/ci", &[("ci", "red")]).await;
    let page = playground.page(&issue).await;
    assert!(page.contains("value=\"red\" aria-pressed=\"true\""), "{page}");
    playground.act("ann", "/-/ci", &[("ci", "green")]).await;
    playground.act("ann", "/-/issues/1/comments", &[("say", "/baton plan")]).await;
    let page = playground.shows(&issue, "value=\"+baton:do=approve rev=1\"").await;
    assert!(page.contains("value=\"/baton approve\""), "{page}");

    // Who has no write sees the box, and a form sent all the same changes nothing.
    let (form, tick) = (action(&page, "/tick"), [("box", "+baton:do=approve rev=1")]);
    assert!(!playground.page_as("tom", &issue).await.contains("class=\"tick\""));
    playground.act("tom", &form, &tick).await;
    let page = playground.page(&issue).await;
    assert!(page.contains("GitHub refuses") && !page.contains("Approved by"), "{page}");
    playground.act("ann", &form, &[("box", "+baton:do=approve rev=9")]).await;
    assert!(playground.page(&issue).await.contains("not there any more"));
    playground.act("ann", &form, &tick).await;
    let page = playground.shows(&issue, "Approved by ann").await;
    assert!(page.contains("value=\"/baton implement manual\""), "{page}");

    playground.act("ann", "/-/issues/1/comments", &[("say", "/baton implement")]).await;
    let built = tokio::time::timeout(PATIENCE, async {
        while !playground.page(&issue).await.contains("<h3>Ready for review</h3>") {
            playground.act("ann", "/-/warp", &[("minutes", "1")]).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    built.await.unwrap();
    // Every run with what it was told, on the issue and on its pull request.
    let page = playground.page(&issue).await;
    assert!(page.contains("<b>Opus planner</b>"), "{page}");
    assert!(page.contains("Took over from Opus planner (planning complete)."), "{page}");
    assert!(page.contains("Executed: yes. Recovered: yes, done."), "{page}");
    assert!(page.contains("<details data-key=\"prompt-"), "{page}");
    let pull = "/acme/helpdesk/pull/2";
    assert!(playground.page(pull).await.contains("Took over from Opus planner"));
    assert!(!playground.page_as("tom", pull).await.contains("/-/issues/2/merge"));
    let page = playground.page(pull).await;
    assert!(page.contains("test <b>success</b>") && page.contains("/-/issues/2/merge"), "{page}");
    playground.act("ann", "/-/issues/2/merge", &[("back", pull)]).await;
    playground.shows(pull, "state merged").await;
    playground.shows(&issue, "Done").await;
}

/// Reviews, threads and pushes are the visitor's as they are a reviewer's on GitHub.
#[tokio::test]
async fn a_visitor_reviews_the_plan_and_pushes_to_its_branch() {
    let playground = Playground::open();
    let fields = [("title", "Fix a typo in README.md"), ("text", "\"one\" should be \"only\".")];
    let issue = playground.act("ann", "/-/issues", &fields).await;
    playground.act("ann", "/-/issues/1/comments", &[("say", "/baton plan")]).await;
    playground.shows(&issue, "Plan revision 1 is ready").await;
    let (pull, file) = ("/acme/helpdesk/pull/2", "docs/prds/active/1-plan.md");

    let review = [("verdict", "comment"), ("text", "Nearly."), ("file", file), ("remark", "Why?")];
    playground.act("ann", "/-/pulls/2/review", &review).await;
    assert!(playground.page(pull).await.contains("needs its file and the line"));
    let review = [&review[..], &[("line", "1")]].concat();
    playground.act("ann", "/-/pulls/2/review", &review).await;
    let page = playground.page(pull).await;
    assert!(page.contains("<b>ann</b> comments") && page.contains("Nearly."), "{page}");
    assert!(page.contains(&format!("{file}:1</code>")) && page.contains("Why?"), "{page}");
    let thread = action(&page, "/answer").replace("/answer", "");
    playground.act("tom", &format!("{thread}/answer"), &[("text", "Because of tom.")]).await;
    playground.act("tom", &format!("{thread}/resolve"), &[]).await;
    let page = playground.page(pull).await;
    assert!(page.contains("GitHub refuses") && page.contains("Because of tom."), "{page}");
    playground.act("ann", &format!("{thread}/resolve"), &[]).await;
    assert!(playground.page(pull).await.contains("<span class=\"hint\">resolved"));

    let branch = page.split("<p><code>baton/").nth(1).and_then(|it| it.split('<').next()).unwrap();
    let address = format!("/acme/helpdesk/blob/baton/{branch}/README.md");
    assert!(!playground.page_as("tom", &address).await.contains("/-/push"));
    assert!(playground.page(&address).await.contains("/-/push"));
    let branch = format!("baton/{branch}");
    let text = [("branch", branch.as_str()), ("path", "README.md"), ("text", "# Changed\n")];
    playground.act("ann", "/-/push", &text).await;
    assert!(playground.page(&address).await.contains("<code># Changed</code>"));
}

/// Where the first form whose address ends so leads.
fn action(page: &str, end: &str) -> String {
    let mut actions = page.split("action=\"").skip(1).filter_map(|it| it.split('"').next());
    actions.find(|it| it.ends_with(end)).unwrap().to_owned()
}

#[tokio::test]
async fn a_fault_is_survived_before_the_visitors_eyes() {
    let playground = Playground::open();
    let fields = [("title", "Questions are slow"), ("text", "Why?")];
    let issue = playground.act("ann", "/-/issues", &fields).await;
    playground.act("ann", "/-/fault", &[("fault", "comment-lost"), ("back", issue.as_str())]).await;
    assert!(playground.page(&issue).await.contains("it appears once"));
    playground.act("ann", "/-/issues/1/comments", &[("say", "/baton route")]).await;
    playground.shows(&issue, "502 (502 after it took effect)").await;
    playground.act("ann", "/-/warp", &[("minutes", "20")]).await;
    let page = playground.shows(&issue, "baton[bot]: done").await;
    assert_eq!(page.matches("Model Router Analysis").count(), 1, "{page}");
}

#[tokio::test]
async fn only_the_page_itself_may_act() {
    let playground = Playground::open();
    let url = format!("{}/-/issues", playground.address);
    let foreign = playground.client.post(&url).header("origin", "http://evil.test").send().await;
    assert_eq!(foreign.unwrap().status(), StatusCode::FORBIDDEN);
    let rebound = playground.client.get(&url).header(HOST, "evil.test").send().await;
    assert_eq!(rebound.unwrap().status(), StatusCode::FORBIDDEN);
    let away = playground.act("ann", "/-/warp", &[("back", "//evil.test")]).await;
    assert_eq!(away, "/");
}

#[test]
fn a_folder_that_is_none_is_refused_in_one_sentence() {
    for arguments in [&["demo", "--repo", "absent"][..], &["try", "absent", "--issue", "x"]] {
        let ran = Command::new(env!("CARGO_BIN_EXE_baton")).args(arguments).output().unwrap();
        let err = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success());
        assert!(err.contains("absent is not a folder"), "{err}");
    }
}

#[test]
fn an_issue_is_planned_against_a_checkout() {
    let ran = Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["try", "src/sandbox/sample", "--issue", "Add a Redis cache for answers"])
        .env_clear()
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{err}");
    assert!(out.contains("# Plan: Add a Redis cache for answers"), "{out}");
    assert!(out.contains("`src/rag.rs`") && out.contains("`cargo test`"), "{out}");
    assert!(err.contains("told to decide itself"), "{err}");
    assert!(err.contains("model calls and $0."), "{err}");
}
