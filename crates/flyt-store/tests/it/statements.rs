//! Every statement of every list, on both engines; and what keeps the two engines one.

use flyt_store::{Error, Sql, trial};
use std::path::Path;

fn all() -> impl Iterator<Item = (&'static str, Sql)> {
    trial::STATEMENTS
        .iter()
        .flat_map(|(file, list)| list.iter().map(move |sql| (*file, *sql)))
}
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    entries
        .map(|path| (name(&path), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

stories! {
    async fn every_statement_can_be_prepared_and_takes_its_parameters_by_number(world: World) {
        let counts = world.store.read(async |tx| {
            let mut counts = Vec::new();
            for (_, sql) in all() {
                counts.push((sql.sqlite, trial::parameters(tx, sql).await?));
            }
            Ok(counts)
        }).await.unwrap();
        for (sql, count) in counts {
            let used = |n: usize| sql.split(&format!("${n}")).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
            assert!((1..=count).all(used) && !used(count + 1), "{count} parameters: {sql}");
        }
    }

    async fn every_statement_runs_with_values_of_the_types_it_asks_for(world: World) {
        for (file, sql) in all() {
            let run = world.store.write(async move |tx| {
                trial::run_made_up(tx, sql).await?;
                Err::<(), _>(Error::Refused("taken back".into()))
            }).await;
            assert_eq!(run, Err(Error::Refused("taken back".into())), "{file}: {}", sql.postgres);
        }
    }

    async fn a_cached_select_is_not_prepared_again(world: World) {
        for (file, sql) in all().filter(|(_, sql)| sql.sqlite.starts_with("SELECT")) {
            let again = world.store.read(async move |tx| trial::prepared_again(tx, sql, 5)).await.unwrap();
            assert_eq!(again, 0, "{file}: {}", sql.sqlite);
        }
    }

    async fn parameters_out_of_order_find_their_place(world: World) {
        let texts = world.store.read(async |tx| trial::out_of_order(&mut tx.engine()).await).await.unwrap();
        assert_eq!(texts, ["two", "one", "three", "two"]);
    }

    async fn many_rows_say_for_each_whether_it_was_touched(world: World) {
        let counts = world.store.write(async |tx| trial::in_bulk(&mut tx.engine(), &["a", "b", "c"], &["b", "x", "a"]).await);
        assert_eq!(counts.await.unwrap(), [1, 0, 1]);
    }
}

#[test]
fn every_table_file_lists_its_statements() {
    let listed: Vec<&str> = trial::STATEMENTS.iter().map(|(file, _)| *file).collect();
    for (file, text) in sources() {
        let lists = text.contains("pub(crate) const ALL: &[Sql]");
        assert_eq!(lists, listed.contains(&file.as_str()), "{file}.rs");
        let Some((_, list)) = text
            .split_once("pub(crate) const ALL: &[Sql] = &[")
            .filter(|_| lists)
        else {
            continue;
        };
        let list = list.split_once("];").unwrap().0;
        let consts = text
            .lines()
            .filter_map(|line| line.strip_prefix("const ")?.split_once(": "));
        for (name, _) in consts.filter(|(_, rest)| rest.starts_with("&str =") || rest.starts_with("Sql =")) {
            assert!(
                list.contains(&format!("({name})")) || list.contains(name),
                "{file}.rs: {name} is not listed"
            );
        }
    }
}

#[test]
fn only_claims_differ_between_the_engines() {
    for (file, sql) in all() {
        let same = sql.postgres.replace(" FOR UPDATE SKIP LOCKED", "");
        assert_eq!(sql.sqlite, same, "{file}");
        for word in ["now()", "random", "CURRENT_TIMESTAMP", "greatest", "ANY("] {
            assert!(!sql.sqlite.contains(word), "{file}: {word}");
        }
    }
}

#[test]
fn a_statement_without_a_business_is_one_of_these() {
    let without: Vec<&str> = all()
        .filter(|(file, sql)| {
            !["meta", "nodes", "businesses", "users", "sessions"].contains(file)
                && !sql.sqlite.contains("business_no = $")
        })
        .filter(|(_, sql)| !(sql.sqlite.starts_with("INSERT") && sql.sqlite.contains("business_no")))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(
        without, EXPECTED_WITHOUT,
        "key by hash, key used; secrets to be sealed anew; old answers; open re-plans; what is due, whose and when; abandoned \
         claims; what a release lets go; probes; old reports; what waits for a report; source by token, waiting; where a person works"
    );
}
const EXPECTED_WITHOUT: [&str; 20] = [
    "keys",
    "keys",
    "secrets",
    "idempotency",
    "workflows",
    "timers",
    "steps",
    "steps",
    "steps",
    "horizon",
    "waiting",
    "waiting",
    "circuits",
    "turns",
    "turns",
    "reports",
    "reports",
    "inbound",
    "inbound",
    "memberships",
];

/// Everything that may look across businesses. A longer list needs a reason.
const ENGINE: &[&str] = &[
    "businesses::by_id",
    "businesses::by_slug",
    "businesses::insert",
    "businesses::page",
    "circuits::due",
    "circuits::let_go",
    "horizon::earliest",
    "idempotency::purge",
    "inbound::by_token",
    "inbound::waiting",
    "keys::by_hash",
    "keys::insert_platform",
    "keys::used",
    "memberships::works_for",
    "meta::get",
    "meta::greatest_id",
    "meta::put",
    "meta::remove",
    "nodes::join",
    "nodes::leave",
    "nodes::list",
    "nodes::seen",
    "nodes::server_time",
    "reports::purge",
    "reports::undecided",
    "secrets::after",
    "sessions::by_hash",
    "sessions::end",
    "sessions::end_others",
    "sessions::insert",
    "sessions::insert_link",
    "sessions::link",
    "sessions::of_user",
    "sessions::purge",
    "sessions::purge_links",
    "sessions::remove_links",
    "sessions::seen",
    "sessions::use_link",
    "steps::abandoned",
    "steps::due",
    "steps::oldest_unclaimed",
    "timers::due",
    "turns::steps_of",
    "turns::timers_of",
    "turns::with_steps",
    "turns::with_timers",
    "users::admins",
    "users::anybody",
    "users::below",
    "users::by_email",
    "users::by_id",
    "users::insert",
    "users::set_codes",
    "users::set_totp",
    "users::update",
    "users::use_code",
    "users::use_totp",
    "waiting::businesses",
    "waiting::due",
    "workflows::replans",
];
#[test]
fn what_works_across_businesses_is_a_closed_list() {
    let mut found: Vec<String> = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| file != "trial") {
        for part in text.split("fn ").skip(1) {
            let (name, rest) = part.split_once(['(', '<']).unwrap_or_default();
            if rest
                .split_once("->")
                .is_some_and(|(params, _)| params.contains("EngineTx<'_>") && !params.contains('{'))
            {
                found.push(format!("{file}::{name}"));
            }
        }
    }
    found.retain(|name| name != "tx::engine");
    found.sort();
    assert_eq!(found, ENGINE);
}
