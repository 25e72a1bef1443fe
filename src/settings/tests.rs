//! What is read from the environment, and what is said of all that cannot be used.

use super::*;

fn check(pairs: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let variables = pairs.iter().map(|(name, value)| {
        let text = (*value != NOT_TEXT).then(|| (*value).to_owned());
        ((*name).to_owned(), text)
    });
    let read_file = |path: &str| match path {
        "key.pem" => Ok("PEM".to_owned()),
        _ => Err("No such file".to_owned()),
    };
    let check_key = |key: &str| match key {
        "PEM" => Ok(()),
        _ => Err("this is not a private key".to_owned()),
    };
    let refuses = |text: &str| match text.contains("refused") {
        true => Err("no call can be made with it".to_owned()),
        false => Ok(()),
    };
    let check_model = |it: &ModelSettings| refuses(&it.base_url);
    let checks = Checks { key: &check_key, api_url: &refuses, model: &check_model };
    let outside = Outside { read_file: &read_file, checks: &checks };
    read(&Variables(variables.collect()), &outside).map_err(|it| it.0)
}

/// Stands for bytes that are no text.
const NOT_TEXT: &str = "\u{fffd}";

const APP: [(&str, &str); 3] =
    [("APP_ID", "7"), ("WEBHOOK_SECRET", "s3cret"), ("PRIVATE_KEY", "PEM")];

#[test]
fn an_empty_environment_is_a_service_that_waits_for_its_app() {
    let settings = check(&[]).unwrap();
    assert!(settings.github.is_none() && settings.model.is_none());
    assert_eq!(settings.mode, Mode::Quiet);
    assert_eq!(settings.escalate_on, EscalateOn::TwoConsecutive);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn an_app_without_a_secret_does_not_start() {
    let faults = check(&[("APP_ID", "7"), ("PRIVATE_KEY_PATH", "key.pem")]).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("- WEBHOOK_SECRET: missing"), "{faults:?}");
}

#[test]
fn all_faults_come_at_once_and_without_values() {
    let faults = check(&[
        ("APP_ID", "hunter2"),
        ("PRIVATE_KEY_PATH", "missing.pem"),
        ("PORT", "hunter2"),
        ("HOST", "hunter2"),
        ("DATABASE_URL", "mysql://root:hunter2@db"),
        ("GITHUB_API_URL", "hunter2"),
        ("BATON_MODE", "hunter2"),
        ("LOG_FORMAT", "hunter2"),
        ("BATON_STOP", "hunter2"),
        ("BATON_BOTS", "renovate, hunter2"),
        ("BATON_APPROVE_BY_REVIEW", "hunter2"),
        ("BATON_ESCALATE_ON", "hunter2"),
        ("BATON_IMPLEMENT_ON_APPROVAL", "hunter2"),
        ("BATON_CI_NONE", "hunter2"),
    ])
    .unwrap_err();
    assert_eq!(faults.len(), 15, "{faults:#?}");
    assert!(!faults.concat().contains("hunter2"), "{faults:#?}");
}

#[test]
fn blank_is_missing_and_two_secrets_may_overlap() {
    assert!(check(&[("APP_ID", " ")]).unwrap().github.is_none());
    let mut pairs = APP.to_vec();
    pairs[1].1 = "old, new";
    let github = check(&pairs).unwrap().github.unwrap();
    // The third is for a secret that has a comma in it.
    assert_eq!(github.webhook_secrets.len(), 3);
    assert_eq!(github.api_url, "https://api.github.com");
}

#[test]
fn a_list_without_a_secret_is_a_missing_secret() {
    let mut pairs = APP.to_vec();
    pairs[1].1 = " , ";
    let faults = check(&pairs).unwrap_err();
    assert!(faults[0].starts_with("- WEBHOOK_SECRET: missing"), "{faults:?}");
}

#[test]
fn a_key_is_checked_with_the_rest_and_named_by_its_variable() {
    let pairs =
        [("APP_ID", "x"), ("WEBHOOK_SECRET", "s"), ("PRIVATE_KEY", "hunter2"), ("PORT", "x")];
    let faults = check(&pairs).unwrap_err();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.contains(&"- PRIVATE_KEY: this is not a private key".to_owned()));
}

#[test]
fn what_only_its_user_can_judge_is_listed_with_the_rest() {
    let mut pairs = APP.to_vec();
    pairs.push(("PORT", "x"));
    pairs.push(("GITHUB_API_URL", "https://refused.test"));
    pairs.push(("ANTHROPIC_API_KEY", "sk-ant-hunter2"));
    pairs.push(("ANTHROPIC_BASE_URL", "https://refused.test"));
    let faults = check(&pairs).unwrap_err();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.contains(&"- GITHUB_API_URL: no call can be made with it".to_owned()));
    let provider = "- ANTHROPIC_BASE_URL or ANTHROPIC_API_KEY: no call can be made with it";
    assert!(faults.contains(&provider.to_owned()), "{faults:?}");
}

#[test]
fn a_key_file_that_cannot_be_read_says_what_to_do() {
    let pairs = [("APP_ID", "7"), ("WEBHOOK_SECRET", "s"), ("PRIVATE_KEY_PATH", "missing.pem")];
    let faults = check(&pairs).unwrap_err();
    assert!(faults[0].contains("(No such file); write the path"), "{faults:?}");
}

#[test]
fn an_address_carries_no_password_and_is_not_repeated() {
    for bad in ["https://bot:hunter2@ghe.test/api/v3", "https://ghe.test/?token=hunter2"] {
        let faults = check(&[("GITHUB_API_URL", bad)]).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(!faults[0].contains("hunter2"), "{faults:?}");
    }
}

#[test]
fn bytes_that_are_no_text_matter_where_they_are_read() {
    assert!(check(&[("SOMEBODY_ELSES", NOT_TEXT)]).is_ok());
    let faults = check(&[("BATON_DATA_DIR", NOT_TEXT)]).unwrap_err();
    assert!(faults[0].starts_with("- BATON_DATA_DIR: its bytes are not text"), "{faults:?}");
}

#[test]
fn a_word_is_read_in_any_case() {
    let settings = check(&[("BATON_ESCALATE_ON", "Any_Failure"), ("BATON_MODE", "SUGGEST")]);
    let settings = settings.unwrap();
    let read = (settings.escalate_on, settings.mode);
    assert_eq!(read, (EscalateOn::AnyFailure, Mode::Suggest));
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let mut pairs = APP.to_vec();
    pairs.push(("ANTHROPIC_API_KEY", "sk-ant-hunter2"));
    pairs.push(("DATABASE_URL", "postgres://u:hunter2@db/x"));
    let shown = format!("{:?}", check(&pairs).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("s3cret"), "{shown}");
}
