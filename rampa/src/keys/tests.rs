use protocol::clock::SeededEntropy;

use super::*;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[test]
fn a_list_of_keys_is_read_newest_first() {
    let ring = parse(&format!("# new\n7:{KEY}\n\n3:{}, # old", KEY.trim_end_matches('='))).unwrap();
    assert_eq!(ring.current_id(), 7);
    assert!(ring.secret(3).is_some());
    assert!(ring.secret(1).is_none());
}

#[test]
fn what_is_no_list_of_keys_is_refused_without_showing_it() {
    assert_eq!(parse("").unwrap_err(), KeysError::Keyring(KeyringError::Empty));
    assert_eq!(parse("1:c2hvcnQ=").unwrap_err(), KeysError::Keyring(KeyringError::Short(1)));
    for text in ["secret-without-id", "256:AAAA", "1:not base64!", "x:AAAA"] {
        let error = parse(text).unwrap_err();
        assert_eq!(error, KeysError::Form(1), "{text}");
        assert!(!error.to_string().contains("secret"));
    }
    let twice = format!("1:{KEY} 1:{KEY}");
    assert_eq!(parse(&twice).unwrap_err(), KeysError::Keyring(KeyringError::Duplicate(1)));
}

#[test]
fn the_first_start_makes_a_private_file_and_the_second_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/keys");
    let source = KeySource::Kept(path.clone());
    let first = load(&source, &SeededEntropy::new(1)).unwrap();
    let second = load(&source, &SeededEntropy::new(2)).unwrap();
    assert_eq!(first.secret(1), second.secret(1));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "the draft is gone");
}

#[test]
fn two_starts_at_once_end_up_with_one_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    make(&path, &SeededEntropy::new(1)).unwrap();
    let kept = fs::read_to_string(&path).unwrap();
    make(&path, &SeededEntropy::new(2)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), kept);
}
