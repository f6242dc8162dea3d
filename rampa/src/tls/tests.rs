use std::path::Path;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::*;

fn write(directory: &Path, name: &str) -> String {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    std::fs::write(directory.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(directory.join("key.pem"), signing_key.serialize_pem()).unwrap();
    signing_key.serialize_pem()
}

fn load(directory: &Path) -> Result<Certificate, files::CertificateError> {
    install_provider();
    Certificate::load(&directory.join("cert.pem"), &directory.join("key.pem"))
}

#[test]
fn a_changed_pair_is_taken_over_and_a_bad_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "one.example");
    let mut certificate = load(directory.path()).unwrap();
    let server = certificate.config();
    let first = server.get_inner();

    certificate.reload();
    assert!(Arc::ptr_eq(&first, &server.get_inner()), "nothing changed");

    let key = write(directory.path(), "two.example");
    std::fs::write(directory.path().join("key.pem"), "in the middle of a renewal").unwrap();
    certificate.reload();
    assert!(Arc::ptr_eq(&first, &server.get_inner()), "the pair is not usable");

    std::fs::remove_file(directory.path().join("key.pem")).unwrap();
    certificate.reload();
    assert!(Arc::ptr_eq(&first, &server.get_inner()), "the pair is not complete");

    std::fs::write(directory.path().join("key.pem"), key).unwrap();
    certificate.reload();
    assert!(!Arc::ptr_eq(&first, &server.get_inner()));
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let directory = tempfile::tempdir().unwrap();
    assert!(load(directory.path()).unwrap_err().to_string().contains("cannot read"));

    write(directory.path(), "one.example");
    let other = tempfile::tempdir().unwrap();
    write(other.path(), "one.example");
    std::fs::copy(other.path().join("key.pem"), directory.path().join("key.pem")).unwrap();
    assert!(matches!(load(directory.path()), Err(files::CertificateError::Pair(..))));

    std::fs::write(directory.path().join("cert.pem"), "").unwrap();
    assert!(matches!(load(directory.path()), Err(files::CertificateError::Empty(_))));
}
