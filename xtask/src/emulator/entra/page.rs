//! The pages that a person sees.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::super::world::User;

const STYLE: &str = "
:root { color-scheme: light dark; font-family: 'Segoe UI', system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: linear-gradient(135deg, #dfe9f5, #f7f4ee); }
main { width: 22rem; padding: 2.5rem; background: #fff; color: #1b1b1b; border-radius: .5rem; box-shadow: 0 .25rem 1.5rem #0002; }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; font-weight: 600; }
p { margin: 0 0 1.5rem; color: #555; line-height: 1.4; }
button { display: block; width: 100%; margin: 0 0 .5rem; padding: .8rem 1rem; font: inherit; text-align: left; cursor: pointer;
  color: inherit; background: #f3f6fa; border: 1px solid #d5dde6; border-radius: .35rem; }
button:hover, button:focus-visible { background: #e3edf9; border-color: #0f6cbd; }
button small { display: block; color: #666; }
button.quiet { margin-top: 1rem; text-align: center; background: none; border-color: transparent; color: #0f6cbd; }
input { box-sizing: border-box; width: 100%; margin: 0 0 1rem; padding: .7rem; font: inherit; letter-spacing: .2em; }
footer { margin-top: 1.5rem; font-size: .75rem; color: #888; }
";

/// The sign-in page: a button for each user, and "Cancel".
pub(super) fn sign_in<'a>(
    action: &str,
    parameters: impl IntoIterator<Item = (&'a String, &'a String)>,
    users: &[&User],
    application: &str,
) -> Response {
    let form = form(action, "sign-in", &hidden(parameters), &format!("{}{CANCEL}", user_buttons(users)));
    layout(StatusCode::OK, "Pick an account", &format!("to continue to {}", escape(application)), &form)
}

/// The page that takes a device's code.
pub(super) fn device(code: &str, users: &[&User]) -> Response {
    let input =
        format!(r#"<input type="text" name="otc" value="{}" aria-label="Code" autocomplete="off">"#, escape(code));
    let form = form("/devicelogin", "device", &input, &format!("{}{CANCEL}", user_buttons(users)));
    layout(StatusCode::OK, "Enter code", "Enter the code that is displayed on your device, and pick an account.", &form)
}

/// The page that carries the answer to the application without it ever standing in a URL.
pub(super) fn form_post<'a>(
    redirect_uri: &str,
    parameters: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Response {
    let button = r#"<button id="continue">Continue</button>"#;
    let form = form(redirect_uri, "form-post", &hidden(parameters), button);
    let script = "<script>document.getElementById('form-post').submit();</script>";
    layout(StatusCode::OK, "Signing you in", "Back to the application.", &format!("{form}{script}"))
}

/// A page that only says something.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    layout(status, title, &escape(text), "")
}

const CANCEL: &str = r#"<button class="quiet" id="cancel" name="cancel" value="1">Cancel</button>"#;

fn user_buttons(users: &[&User]) -> String {
    let button = |user: &&User| {
        format!(
            r#"<button id="user-{}" name="user" value="{2}">{} <small>{2}</small></button>"#,
            escape(user.short_name()),
            escape(&user.name),
            escape(&user.username)
        )
    };
    users.iter().map(button).collect()
}

fn form(action: &str, id: &str, fields: &str, buttons: &str) -> String {
    format!(r#"<form id="{id}" method="post" action="{}">{fields}{buttons}</form>"#, escape(action))
}

fn hidden<'a>(parameters: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let input = |(name, value): (&String, &String)| {
        format!(r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value))
    };
    parameters.into_iter().map(input).collect()
}

fn layout(status: StatusCode, title: &str, text: &str, content: &str) -> Response {
    let page = format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body><main><h1>{title}</h1><p>{text}</p>{content}<footer>Loopback Azure: nothing here leaves this machine.</footer></main></body></html>
"#
    );
    (status, Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
