use store::testing::TestDatabase;

use crate::support::House;

#[tokio::test]
async fn a_house_on_postgresql_opens_and_finds_its_demo_again() {
    let database = TestDatabase::postgres().await;
    let key = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let house = House::new();
    let url = house.write("url", &format!("{}\n", database.config().url));
    let keys = house.write("ring", key);
    let house = house
        .set("DATABASE__URL_FILE", url.to_str().unwrap())
        .set("KEYS__RING_FILE", keys.to_str().unwrap());
    let links = house.open().links();
    assert_eq!(links.len(), 4);
    let second = house.open();
    assert_eq!(second.links(), links);
    assert_eq!(house.lines(&["token", "--role", "spectator", "--count", "2"]).len(), 2);
    assert!(!house.path("data").exists(), "nothing is kept on this machine");
}
