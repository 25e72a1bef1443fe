//! Who may: read freshly from GitHub, never from a cache, a payload or a text.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, Fault, FaultRule, Role};
use baton::sandbox::model::submits;
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan};

async fn an_issue(by: &Inhabitant<'_>) -> IssueNumber {
    by.opens("Add Redis caching", "Cache query results with 5min TTL").await
}

/// The number of calls since `before`, requests for a token apart.
fn calls_since(world: &World, before: usize) -> usize {
    let calls = world.github.calls();
    calls[before..].iter().filter(|it| !it.path.ends_with("/access_tokens")).count()
}

/// Law 3: one reaction, at most one sentence, and the sentence only to people with triage or more
/// and to the author.
#[tokio::test]
async fn whoever_may_not_spend_gets_a_reaction_and_people_of_the_house_a_sentence() {
    let world = World::new().await;
    let author = world.stranger("sam");
    let issue = an_issue(&author).await;
    let people =
        [world.stranger("eve"), world.member("rob", Role::Read), world.triager("tom"), author];

    for person in &people {
        let before = world.github.call_count();
        person.says(issue, "/baton plan").await;
        assert!(calls_since(&world, before) <= 3, "{}", person.login());
    }

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    eve: (confused)
      /baton plan

    rob: (confused)
      /baton plan

    tom: (confused)
      /baton plan

    baton[bot]:
      @tom, `/baton plan` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.

    sam: (confused)
      /baton plan

    baton[bot]:
      @sam, `/baton plan` needs write access to acme/helpdesk (you have read). Somebody who has it can do it for you.
    ");
}

#[tokio::test]
async fn a_second_refusal_within_the_hour_is_a_reaction_only() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = an_issue(&ann).await;
    let tom = world.triager("tom");
    tom.says(issue, "/baton plan").await;

    let before = world.github.call_count();
    tom.says(issue, "/baton retry").await;
    assert_eq!(calls_since(&world, before), 2);
    world.passes(Millis::minutes(61)).await;
    tom.says(issue, "/baton revise smaller").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    tom: (confused)
      /baton plan

    baton[bot]:
      @tom, `/baton plan` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.

    tom: (confused)
      /baton retry

    tom: (confused)
      /baton revise smaller

    baton[bot]:
      @tom, `/baton revise` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");
}

/// The right is read when it is used: yesterday's maintainer is today's stranger.
#[tokio::test]
async fn a_right_that_was_taken_away_is_gone_at_once() {
    let world = World::new().await;
    let (root, ann) = (world.admin("root"), world.maintainer("ann"));
    let issue = an_issue(&ann).await;

    root.sets_role(&ann, None).unwrap();
    ann.says(issue, "/baton plan").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (confused)
      /baton plan

    baton[bot]:
      @ann, `/baton plan` needs write access to acme/helpdesk (you have read). Somebody who has it can do it for you.
    ");
}

#[tokio::test]
async fn bots_are_not_heard() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = an_issue(&ann).await;
    let bot = world.bot("dependabot");
    let before = world.github.call_count();

    bot.says(issue, "/baton plan").await;
    bot.puts(issue, "baton:plan").await;
    bot.puts(issue, "complexity: expert").await;

    assert_eq!(calls_since(&world, before), 0);
    assert_eq!(world.stage(issue).await, "Seen");
}

/// Case 47. Nothing that a bot says or turns is answered, so that two bots never talk to each other.
#[tokio::test]
async fn thirty_comments_of_a_bot_in_an_hour_are_answered_by_nothing() {
    let world = World::new().await;
    let (ann, robo) = (world.maintainer("ann"), world.bot("robo"));
    let issue = an_issue(&ann).await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    let said = world.github.repo().issue(issue).unwrap().comments.len();
    let before = world.github.call_count();

    for _ in 0..10 {
        robo.says(issue, "/baton status\n/baton nonsense").await;
        robo.says(issue, "> /baton approve\n\n@baton please plan").await;
        robo.says(issue, "@baton[bot]: help").await;
    }
    for label in ["baton:pause", "baton:approved", "baton:plan", "model: opus"] {
        robo.puts(issue, label).await;
        robo.takes_off(issue, label).await;
    }
    robo.ticks(issue, "-->Approve plan").await;

    assert_eq!(calls_since(&world, before), 0, "{}", world.conversation(issue));
    let issue_now = world.github.repo().issue(issue).unwrap();
    assert_eq!(issue_now.comments.len(), said + 30);
    assert_eq!(world.stage(issue).await, "Planned");
}

/// Case 22. A bot that the operator lists is heard by labels and commands with the right that was
/// named for it, and with no word that is a person's; its neighbour stays unheard.
#[tokio::test]
async fn a_listed_bot_is_heard_with_the_right_that_the_operator_named() {
    let world = World::new().await;
    let (ann, robo) = (world.maintainer("ann"), world.bot("robo"));
    let (weak, other) = (world.bot("weak"), world.bot("other"));
    let issue = an_issue(&ann).await;
    world.hears(&format!("{}:write,{}:triage", robo.person.id(), weak.person.id())).await;

    other.puts(issue, "baton:plan").await;
    weak.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Seen", "{}", world.conversation(issue));
    world.opus().will([submits(plan())]);
    robo.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));

    let before = world.github.call_count();
    robo.puts(issue, "baton:approved").await;
    robo.puts(issue, "baton:manual").await;
    robo.says(issue, "/baton approve --start\n/baton implement\n/baton nonsense").await;
    robo.ticks(issue, "-->Approve plan").await;
    assert_eq!(calls_since(&world, before), 0, "{}", world.conversation(issue));

    weak.puts(issue, "baton:pause").await;
    assert_eq!(world.stage(issue).await, "Paused");
    weak.says(issue, "/baton resume").await;
    assert_eq!(world.stage(issue).await, "Paused", "triage takes no pause off");
    robo.takes_off(issue, "baton:pause").await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert!(!world.conversation(issue).contains("@robo"), "{}", world.conversation(issue));
}

/// Case 47. Ten orders of a bot within an hour are heard; then one sentence says that no further one
/// is, until a person acts.
#[tokio::test]
async fn a_listed_bot_that_orders_too_much_waits_for_a_person() {
    let world = World::new().await;
    let (ann, robo) = (world.maintainer("ann"), world.bot("robo"));
    let issue = an_issue(&ann).await;
    world.hears(&format!("{}:write", robo.person.id())).await;
    let said = |world: &World| world.github.repo().issue(issue).unwrap().comments.len();
    let told = |world: &World| world.conversation(issue).matches("orders of this bot").count();

    for _ in 0..10 {
        robo.says(issue, "/baton help").await;
    }
    let heard = said(&world);
    assert_eq!(heard, 20, "{}", world.conversation(issue));
    for _ in 0..5 {
        robo.says(issue, "/baton help").await;
        robo.puts(issue, "baton:plan").await;
        robo.takes_off(issue, "baton:plan").await;
    }
    assert_eq!((said(&world), told(&world)), (heard + 6, 1), "{}", world.conversation(issue));
    assert_eq!(world.stage(issue).await, "Seen");
    world.stranger("eve").says(issue, "/baton status").await;
    world.passes(Millis::hours(2)).await;
    let before = said(&world);
    robo.says(issue, "/baton help").await;
    assert_eq!(said(&world), before + 1, "neither time nor a reader lets it be heard");

    ann.says(issue, "/baton route").await;
    let before = said(&world);
    robo.says(issue, "/baton help").await;
    assert_eq!(said(&world), before + 2, "{}", world.conversation(issue));
}

/// Baton's own labels and words stay its echo, also where the operator lists Baton itself.
#[tokio::test]
async fn a_baton_that_is_listed_does_not_hear_itself() {
    let world = World::new().await;
    let (ann, baton) = (world.maintainer("ann"), world.bot("baton"));
    let issue = an_issue(&ann).await;
    world.hears(&format!("{}:write", baton.person.id())).await;
    let before = world.github.call_count();

    baton.puts(issue, "baton:plan").await;
    baton.says(issue, "/baton plan").await;

    assert!(calls_since(&world, before) <= 1, "more than who Baton is was asked for");
    assert_eq!(world.stage(issue).await, "Seen");
}

/// GitHub cannot say who may: it is asked again for a minute, then the request is refused.
#[tokio::test]
async fn a_right_that_cannot_be_read_is_asked_for_again_and_then_refused() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = an_issue(&ann).await;
    let permission = || CallMatcher::call("GET", "/collaborators/{username}/permission");

    world.github.fault(FaultRule::always(permission(), Fault::unicorn(502)));
    ann.says(issue, "/baton plan").await;
    world.passes(Millis::minutes(2)).await;
    assert_eq!(world.stage(issue).await, "Seen");
    world.github.clear_faults();
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (confused)
      /baton plan

    baton[bot]:
      @ann, `/baton plan` was not done: your right in acme/helpdesk could not be read from GitHub just now. Please try again in a minute.

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

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

#[tokio::test]
async fn a_right_that_cannot_be_read_for_a_moment_is_no_refusal() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = an_issue(&ann).await;
    let permission = CallMatcher::call("GET", "/collaborators/{username}/permission");
    world.github.fault(FaultRule { when: permission, fault: Fault::unicorn(503), times: Some(3) });
    world.opus().will([submits(plan())]);

    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
}

/// Waiting out GitHub's limit uses up none of the tries: the first trouble after it is a first one.
#[tokio::test]
async fn pauses_that_github_asks_for_are_no_tries() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = an_issue(&ann).await;
    let times = |times, fault| {
        let when = CallMatcher::call("GET", "/collaborators/{username}/permission");
        FaultRule { when, fault, times: Some(times) }
    };
    world.github.fault(times(5, Fault::secondary_limit(0)));
    world.github.fault(times(3, Fault::unicorn(502)));
    world.opus().will([submits(plan())]);

    ann.says(issue, "/baton plan").await;
    world.passes(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

/// A right that stays unreadable is asked for again for a minute; then it counts as none, and the
/// refusal says so.
#[tokio::test]
async fn a_right_that_stays_unreadable_refuses_after_a_minute() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = an_issue(&ann).await;
    let permission = CallMatcher::call("GET", "/collaborators/{username}/permission");
    world.github.fault(FaultRule::always(permission, Fault::missing_permission()));

    ann.says(issue, "/baton plan").await;
    world.passes(Millis::minutes(2)).await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (confused)
      /baton plan

    baton[bot]:
      @ann, `/baton plan` was not done: your right in acme/helpdesk could not be read from GitHub just now. Please try again in a minute.
    ");
}

/// Whoever asked may stop, whatever their right.
#[tokio::test]
async fn whoever_asked_may_stop() {
    let world = World::new().await;
    let (root, ann) = (world.admin("root"), world.maintainer("ann"));
    let issue = an_issue(&ann).await;
    world.opus().will([baton::sandbox::model::asks(["Is Redis optional?"])]);
    ann.says(issue, "/baton plan").await;
    root.sets_role(&ann, Some(Role::Read)).unwrap();

    ann.says(issue, "/baton stop").await;

    assert_eq!(world.stage(issue).await, "Stopped");
}

/// Product, Commands: whoever may only read is answered, and not as often as they like.
#[tokio::test]
async fn a_reader_gets_the_same_answer_once_an_hour() {
    let world = World::new().await;
    let (ann, sam) = (world.maintainer("ann"), world.stranger("sam"));
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let help = || world.conversation(issue).matches("### Baton's commands").count();

    sam.says(issue, "/baton help\n/baton help").await;
    assert_eq!(help(), 1);
    sam.says(issue, "/baton help").await;
    assert_eq!(help(), 1, "it was answered a moment ago");
    sam.says(issue, "/baton cost").await;
    let cost = world.newest_comment(issue);
    assert!(cost.contains("$0.00"), "this is another question: {cost}");
    for n in 2..4 {
        ann.says(issue, "/baton help").await;
        assert_eq!(help(), n, "whoever may do more asks as they like");
    }
    world.passes(Millis::hours(1)).await;
    sam.says(issue, "/baton help").await;
    assert_eq!(help(), 4);
}
