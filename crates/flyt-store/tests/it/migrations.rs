//! Migrations: run once, refuse what is not theirs; SQLite's text is PostgreSQL's but for the named substitutions.

use crate::support::{Place, World, client};
use flyt_store::{Error, trial};

async fn sql(place: &Place, text: &str) {
    match place {
        Place::Memory => {}
        Place::File(path) => rusqlite::Connection::open(path)
            .unwrap()
            .execute_batch(text)
            .unwrap(),
        Place::Postgres(url) => client(url).await.batch_execute(text).await.unwrap(),
    }
}
async fn refused(world: &World) -> String {
    match world.place.open().await {
        Err(Error::Newer(text)) => text,
        other => panic!("not refused: {:?}", other.err()),
    }
}

stories! {
    async fn opening_again_changes_nothing(world: World) {
        if matches!(world.place, Place::Memory) { return }
        let mut world = world;
        sql(&world.place, "INSERT INTO meta (key, value) VALUES ('k', 'kept')").await;
        world.reopen().await;
        world.reopen().await;
        let kept = world.store.read(async |tx| flyt_store::meta::get(&mut tx.engine(), "k").await).await.unwrap();
        assert_eq!(kept.as_deref(), Some("kept"));
    }

    async fn data_of_a_newer_version_are_refused(world: World) {
        if matches!(world.place, Place::Memory) { return }
        world.store.close().await;
        sql(&world.place, "INSERT INTO migrations (number, name, checksum) VALUES (999, 'later', 1)").await;
        assert!(refused(&world).await.contains("newer version (migration 999)"));
    }

    async fn a_migration_that_was_changed_after_it_ran_is_refused(world: World) {
        if matches!(world.place, Place::Memory) { return }
        world.store.close().await;
        sql(&world.place, "UPDATE migrations SET checksum = checksum + 1 WHERE number = 1").await;
        assert!(refused(&world).await.contains("migration 1 (start)"));
    }
}

#[test]
fn the_text_for_sqlite_is_the_other_with_four_substitutions() {
    let postgres = "CREATE TABLE t (\n  a BIGINT NOT NULL, on_it BOOLEAN NOT NULL, c TEXT COLLATE \"C\", d BYTEA\n);\n\
        -- PostgreSQL only\nALTER TABLE t FORCE ROW LEVEL SECURITY;\n-- both\nCREATE TABLE u (\n  a BIGINT,\n  PRIMARY KEY (a)\n); -- clustered\n";
    let sqlite = "CREATE TABLE t (\n  a INTEGER NOT NULL, on_it INTEGER NOT NULL CHECK (on_it IN (0, 1)), c TEXT, d BLOB\n) STRICT;\n\
        CREATE TABLE u (\n  a INTEGER,\n  PRIMARY KEY (a)\n) STRICT, WITHOUT ROWID;\n";
    assert_eq!(trial::sqlite_text(postgres), sqlite);
}

#[test]
fn every_table_of_a_business_says_whose_rows_it_holds() {
    let text = concat!(
        include_str!("../../migrations/postgres/0001_start.sql"),
        include_str!("../../migrations/postgres/0003_events.sql"),
    );
    let tables: Vec<&str> = text.split("CREATE TABLE ").skip(1).collect();
    let without = tables
        .iter()
        .filter(|table| !table.split(");").next().unwrap().contains("business_no BIGINT"));
    let names: Vec<&str> = without.filter_map(|table| table.split(' ').next()).collect();
    assert_eq!(names, ["meta", "sequences", "nodes", "businesses"]);
    let closed = trial::sqlite_text(text).matches("STRICT").count();
    assert_eq!(closed, tables.len(), "every table is strict on SQLite");
}
