//! The door beside the network: a socket in the data folder, and what only it answers. Who may open the file is the operator;
//! the file is the server's user's alone. How commands use it is in `desk.rs`.

use crate::answer::{Answer, object};
use crate::api::router;
use crate::auth::Local;
use crate::body::NoJson;
use crate::people::operator;
use crate::problem::Problem;
use crate::state::App;
use crate::watch::watch;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use serde_json::json;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tokio::net::unix::SocketAddr;
use tokio::net::{UnixListener, UnixStream};

/// The socket in the data folder.
pub(crate) const SOCKET: &str = "flyt.sock";
/// How copies in the data folder are called until a command has taken them.
const SNAPSHOT: &str = "snapshot-";
/// The user who may do everything anyway.
const ROOT: u32 = 0;

/// The operator's router: everything of the API without a key, and what has no place on the network.
pub(crate) fn local_router(app: App) -> Router {
    let own = Router::new()
        .route("/operator/snapshot", get(progress).post(snapshot))
        .layer(from_fn_with_state(app.clone(), watch))
        .with_state(app.clone());
    let people = operator::routes()
        .layer(from_fn_with_state(app.clone(), watch))
        .with_state(app.clone());
    router(app).merge(own).merge(people).layer(from_fn(locally))
}

async fn locally(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Local);
    next.run(request).await
}

async fn progress(State(app): State<App>) -> Answer {
    let at = app.copying();
    Ok(object(&json!({
        "done": at.done.load(Ordering::Relaxed),
        "all": at.all.load(Ordering::Relaxed),
    })))
}

/// Copies the data file as it is now, beside it. The caller takes the copy away.
async fn snapshot(State(app): State<App>, _: NoJson) -> Answer {
    let Some(data) = app.place().data.clone() else {
        let detail = "These data are in PostgreSQL; `pg_dump` makes the backup.";
        return Err(Problem::malformed("not_a_file", detail));
    };
    let _one_at_a_time = app.copying().turn.lock().await;
    let number = flyt_engine::random::number().map_err(|e| Problem::unavailable(&e))?;
    let to = data.join(format!("{SNAPSHOT}{number}.db"));
    let (from, into, counting) = (data.join(crate::open::FILE), to.clone(), app.clone());
    let copied = tokio::task::spawn_blocking(move || {
        private(&into).map_err(|e| e.to_string())?;
        flyt_store::backup::copy(&from, &into, |done, all| {
            counting.copying().done.store(done, Ordering::Relaxed);
            counting.copying().all.store(all, Ordering::Relaxed);
        })
        .map_err(|e| e.to_string())
    });
    let copied = copied.await.unwrap_or_else(|e| Err(e.to_string()));
    if let Err(what) = copied {
        // A half copy is of no use to anybody; if it cannot be removed, the next start does.
        let _removed = std::fs::remove_file(&to);
        let detail = format!("The data could not be copied: {what}.");
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "copy_failed",
            detail,
        ));
    }
    Ok(object(&json!({ "path": to })))
}

/// An empty file that only its owner reads.
pub(crate) fn private(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Takes away what a process before left: copies nobody fetched. Only the holder of the lock does this.
pub(crate) fn sweep(data: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(SNAPSHOT) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The socket, open for the server's own user and root.
pub(crate) struct Door {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}
impl Door {
    /// Opens the socket in place of one that a process before has left. Only the holder of the lock does this.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(&path)?.uid();
        Ok(Self {
            listener,
            path,
            owner,
        })
    }
    /// Whether whoever is at the other end may come in: before the permissions were set anybody could knock.
    fn admits(&self, stream: &UnixStream) -> bool {
        stream
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == ROOT)
    }
}
impl axum::serve::Listener for Door {
    type Io = UnixStream;
    type Addr = SocketAddr;
    async fn accept(&mut self) -> (UnixStream, SocketAddr) {
        loop {
            let (stream, address) = axum::serve::Listener::accept(&mut self.listener).await;
            if self.admits(&stream) {
                return (stream, address);
            }
            tracing::warn!("somebody who is not the operator knocked at the socket");
        }
    }
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
impl Drop for Door {
    fn drop(&mut self) {
        // One that stays behind is replaced at the next start.
        let _removed = std::fs::remove_file(&self.path);
    }
}
