//! Letters to people who sign in, in the language they read. They go through the operator's relay; without one, links are shown
//! to whoever makes them and nowhere else.

use crate::state::App;
use flyt_store::users::User;

fn norwegian(language: &str) -> bool {
    matches!(language.split('-').next(), Some("nb" | "nn" | "no"))
}

/// A link to a new password.
pub(crate) async fn reset(app: &App, user: &User, url: &str) {
    let (subject, text) = if norwegian(&user.language) {
        (
            "Nytt passord i Flyt",
            format!(
                "Hei {},\n\nnoen har bedt om et nytt passord for deg. Var det deg, åpner du denne lenken innen en time:\n\n{url}\n\n\
                 Var det ikke deg, trenger du ikke gjøre noe: passordet ditt er det samme.\n",
                user.name
            ),
        )
    } else {
        (
            "A new password for Flyt",
            format!(
                "Hello {},\n\nsomebody asked for a new password for you. If it was you, open this link within an hour:\n\n{url}\n\n\
                 If it was not you, there is nothing to do: your password is the same.\n",
                user.name
            ),
        )
    };
    let _gone = app.engine().post(&user.email, subject, &text).await;
}

/// A link to a business. True: it went out.
pub(crate) async fn invitation(app: &App, email: &str, language: &str, business: &str, url: &str) -> bool {
    let (subject, text) = if norwegian(language) {
        (
            format!("Du er invitert til {business}"),
            format!(
                "Hei,\n\ndu er invitert til å bruke Flyt for {business}. Åpne denne lenken innen sju dager:\n\n{url}\n"
            ),
        )
    } else {
        (
            format!("You are invited to {business}"),
            format!(
                "Hello,\n\nyou are invited to use Flyt for {business}. Open this link within seven days:\n\n{url}\n"
            ),
        )
    };
    app.engine().post(email, &subject, &text).await
}
