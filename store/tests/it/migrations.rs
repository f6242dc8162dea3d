//! The tables: made at the first start, left alone at the second, the same on both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use protocol::clock::SeededEntropy;
use protocol::{SystemClock, SystemEntropy};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::testing::TestDatabase;
use store::{OpenError, Store, StoreConfig};

use crate::open;

store::on_both_databases!(
    opening_twice_changes_nothing,
    processes_that_open_a_new_database_at_once_agree,
);

async fn opening_twice_changes_nothing(database: TestDatabase) {
    let (store, _) = open(&database, 1).await;
    let demo = store.ensure_demo().await.unwrap();
    let schema = schema(&database).await;
    // Once beside the first, and once after it.
    let (second, _) = open(&database, 2).await;
    second.close().await;
    store.close().await;
    let (third, _) = open(&database, 3).await;
    assert_eq!(third.performance(demo.performance.id).await.unwrap(), Some(demo.performance));
    assert_eq!(self::schema(&database).await, schema);
}

async fn processes_that_open_a_new_database_at_once_agree(database: TestDatabase) {
    let mut starts = tokio::task::JoinSet::new();
    for seed in 0..6 {
        let config = database.config().clone();
        let entropy = Arc::new(SeededEntropy::new(seed));
        starts.spawn(async move { Store::open(&config, Arc::new(SystemClock), entropy).await });
    }
    for store in starts.join_all().await {
        store.expect("every process opens").ping().await.unwrap();
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres().await);
    open(&sqlite, 1).await.0.close().await;
    open(&postgres, 1).await.0.close().await;
    let (sqlite, postgres) = (schema(&sqlite).await, schema(&postgres).await);
    assert_eq!(sqlite, postgres);
    for table in ["users", "tickets", "sessions", "outbox"] {
        assert!(sqlite.columns.contains_key(&(table.to_owned(), columns_key(table))), "{table}");
    }
    assert!(sqlite.indexes.contains("sessions_one_live"));
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> BTreeSet<_> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
        let files = std::fs::read_dir(folder).expect("the migrations are there");
        files.map(|file| file.expect("a readable folder").file_name()).collect()
    };
    let sqlite = names("sqlite");
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, names("postgres"));
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for url in ["mysql://localhost/rampa", "rampa.db", "sqlite::memory:", "sqlite:", ""] {
        let config = StoreConfig { url: url.to_owned(), max_connections: 1 };
        let opened = Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await;
        assert!(matches!(opened, Err(OpenError::Unsupported)), "{url}: {opened:?}");
    }
}

#[test]
fn a_password_is_not_shown() {
    let url = "postgres://rampa:open-sesame@db/rampa".to_owned();
    let config = StoreConfig { url, max_connections: 1 };
    assert!(!format!("{config:?}").contains("open-sesame"));
}

/// A table's first column, under which its presence is checked.
fn columns_key(table: &str) -> String {
    if table == "outbox" { "seq".to_owned() } else { "id".to_owned() }
}

#[derive(Debug, PartialEq, Eq)]
struct Schema {
    /// (table, column) → (type, required).
    columns: BTreeMap<(String, String), (String, bool)>,
    /// Named indexes.
    indexes: BTreeSet<String>,
}

async fn schema(database: &TestDatabase) -> Schema {
    type Row = (String, String, String, bool);
    let url = &database.config().url;
    let (columns, indexes): (Vec<Row>, Vec<(String,)>) = if database.file().is_some() {
        let mut db = SqliteConnection::connect(url).await.unwrap();
        let columns = sqlx::query_as(
            "SELECT t.name, c.name, CASE c.type WHEN 'INTEGER' THEN 'bigint' ELSE lower(c.type) END,
                    CAST(c.\"notnull\" AS BOOLEAN)
             FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx_%'",
        );
        let columns = columns.fetch_all(&mut db).await.unwrap();
        let indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
        (columns, sqlx::query_as(indexes).fetch_all(&mut db).await.unwrap())
    } else {
        let mut db = PgConnection::connect(url).await.unwrap();
        let columns = sqlx::query_as(
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT),
                    is_nullable = 'NO'
             FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx\\_%'",
        );
        let columns = columns.fetch_all(&mut db).await.unwrap();
        let indexes = "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = 'public'
                       AND indexname NOT IN (SELECT conname FROM pg_constraint)";
        (columns, sqlx::query_as(indexes).fetch_all(&mut db).await.unwrap())
    };
    Schema {
        columns: columns
            .into_iter()
            .map(|(table, column, kind, required)| ((table, column), (kind, required)))
            .collect(),
        indexes: indexes.into_iter().map(|(name,)| name).collect(),
    }
}
