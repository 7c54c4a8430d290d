//! `flyt serve`: open the data, listen, answer, and stop in order when told.

use crate::api::{health, router};
use crate::cli::say;
use crate::config::{Demo as DemoSettings, Role, Serve};
use crate::demo::{self, Demo};
use crate::local::{Door, local_router};
use crate::open;
use crate::people::links;
use crate::state::App;
use axum::Router;
use axum::serve::ListenerExt as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest wait for open connections and deliveries after the signal to stop.
const STOPPING: Duration = Duration::from_secs(10);

/// Runs the server until it is told to stop.
pub(crate) async fn serve(settings: Serve) -> Result<(), String> {
    start_log(&settings.outside.log)?;
    let opened = open::open(&settings).await?;
    if let Some(key) = &opened.made_key {
        say("Flyt has made a platform key. It is shown this once; keep it:");
        say(key);
    }
    let routes = match settings.role {
        Role::All | Role::Api => router(opened.app.clone()),
        Role::Worker => health(opened.app.clone()),
    };
    answer(settings.listen, routes, opened.app).await
}

/// Runs the demo until it is told to stop.
pub(crate) async fn demo(settings: DemoSettings) -> Result<(), String> {
    start_log(&settings.log)?;
    let Demo { app, key, password } = demo::open(demo::now()).await?;
    say("A salon with a month behind it. It lives in memory: nothing is sent, and nothing is kept.");
    say(&format!("Business: {}", demo::SLUG));
    say(&format!("Key: {key}"));
    say(&format!("E-mail: {}", demo::OWNER));
    say(&format!("Password: {password}"));
    answer(settings.listen, router(app.clone()), app).await
}

/// Listens and answers until the signal to stop, then stops in order.
async fn answer(address: SocketAddr, routes: Router, app: App) -> Result<(), String> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|e| format!("cannot listen on {address}: {e}"))?;
    let address = listener.local_addr().map_err(|e| format!("cannot listen: {e}"))?;
    // Answers are small and whole: waiting to fill a packet would only delay them.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    // Everything that whoever waits for the announcement may use at once is there before it.
    let signals = signals()?;
    let (stop, stopped) = watch::channel(false);
    let until = stopping(stopped.clone());
    let beside = door(&app, stopped);
    app.engine().listens(format!("http://{address}"));
    announce(&app, address);
    invite_owner(&app).await?;
    let serving = tokio::spawn(
        axum::serve(
            listener,
            routes.into_make_service_with_connect_info::<SocketAddr>(),
        )
        .with_graceful_shutdown(until)
        .into_future(),
    );
    signalled(signals).await;
    tracing::info!("stopping");
    stop.send_replace(true);
    app.streams().end();
    // Whatever is still open after ten seconds is cut off; what it wrote is committed or not, never half.
    let drained = async {
        if let Ok(Err(error)) = serving.await {
            tracing::warn!(%error, "the listener ended with an error");
        }
        if let Some(Err(error)) = ended(beside).await {
            tracing::warn!(%error, "the socket ended with an error");
        }
        app.close().await;
    };
    if tokio::time::timeout(STOPPING, drained).await.is_err() {
        tracing::warn!("stopped with connections still open");
    }
    Ok(())
}

/// Waits until the server is told to stop.
async fn stopping(mut told: watch::Receiver<bool>) {
    // An error means that the sender is gone, and then there is nothing to wait for either.
    told.wait_for(|stop| *stop).await.map(drop).unwrap_or_default();
}

/// Answers commands on the socket of the data folder. Without one the server still serves.
fn door(app: &App, stopped: watch::Receiver<bool>) -> Option<JoinHandle<std::io::Result<()>>> {
    let folder = app.place().data.as_deref()?;
    match Door::open(folder) {
        Ok(door) => {
            let serving =
                axum::serve(door, local_router(app.clone())).with_graceful_shutdown(stopping(stopped));
            Some(tokio::spawn(serving.into_future()))
        }
        Err(error) => {
            tracing::warn!(%error, "no socket in the data folder: commands beside this server cannot reach it");
            None
        }
    }
}

async fn ended(serving: Option<JoinHandle<std::io::Result<()>>>) -> Option<std::io::Result<()>> {
    serving?.await.ok()
}

fn announce(app: &App, address: SocketAddr) {
    say(&format!("Flyt listens on http://{address}"));
    if let Some(hold) = app.engine().hold() {
        say(&format!(
            "Sending is held since {}: {}. Nothing leaves until `flyt release`.",
            hold.since.strftime("%Y-%m-%d %H:%M UTC"),
            hold.because.sentence()
        ));
    }
}

/// Says how the first owner comes in, until there is one.
async fn invite_owner(app: &App) -> Result<(), String> {
    let link = links::first_start(app, flyt_engine::clock::wall()).await;
    if let Some(link) = link.map_err(|p| p.detail)? {
        say("Nobody owns this installation yet. Become its owner with this link; it is good once:");
        say(&link.url(&app.engine().base_url()));
    }
    Ok(())
}

/// The signals that stop the server; from here on they do nothing else.
fn signals() -> Result<[Signal; 2], String> {
    let listen = |kind| signal(kind).map_err(|e| format!("cannot wait for signals: {e}"));
    Ok([listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?])
}

async fn signalled([mut term, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn start_log(filter: &str) -> Result<(), String> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .map_err(|e| format!("FLYT_LOG is not a filter: {e}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init()
        .map_err(|e| format!("cannot start the log: {e}"))
}
