//! stub
use crate::config::{Data, Serve};
use crate::state::App;
pub(crate) struct Opened {
    pub(crate) app: App,
    pub(crate) made_key: Option<String>,
}
impl Opened {
    pub(crate) async fn close(self) {
        self.app.engine().stop().await;
    }
}
pub(crate) async fn open(_: &Serve) -> Result<Opened, String> {
    Ok(Opened {
        app: App::with_key(flyt_engine::Engine, "x"),
        made_key: None,
    })
}
pub(crate) async fn alone(_: &Data) -> Result<Opened, String> {
    Ok(Opened {
        app: App::with_key(flyt_engine::Engine, "x"),
        made_key: None,
    })
}
