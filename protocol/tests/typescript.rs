//! The committed TypeScript is what the Rust types say.

#[test]
fn generated_typescript_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../webapp/src/api/generated/protocol.ts");
    let committed = std::fs::read_to_string(path).expect("the generated file is committed");
    assert!(
        committed == protocol::typescript::generate(),
        "webapp/src/api/generated/protocol.ts is out of date: run `make generate`"
    );
}
