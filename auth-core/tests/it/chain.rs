//! Which member of a chain answers.

use std::sync::Arc;

use auth_core::clock::from_unix;
use auth_core::{AccessToken, Authentication, Cached, Chain, Cloud, Error, ErrorKind, TokenRequest};

use crate::support::{NOON, Scripted, arm, hour_from, noon};

fn member(answers: impl IntoIterator<Item = Result<AccessToken, Error>>) -> (Scripted, Arc<dyn Authentication>) {
    let source = Scripted::new(answers);
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(noon());
    (source, Arc::new(auth))
}

fn token(text: &str) -> AccessToken {
    hour_from(from_unix(NOON), text)
}

fn absent() -> Error {
    Error::new(ErrorKind::Unavailable, "not here")
}

#[tokio::test]
async fn only_what_is_unavailable_lets_a_chain_go_on() {
    let (_, first) = member([Err(absent())]);
    let (_, second) = member([Err(Error::new(ErrorKind::Rejected, "no").with_help("ask somebody"))]);
    let (third, third_auth) = member([Ok(token("c"))]);
    let chain = Chain::new(Cloud::public()).with(first).with(second).with(third_auth);
    let error = chain.token(&arm()).await.unwrap_err();
    assert_eq!((error.kind(), error.help()), (ErrorKind::Rejected, Some("ask somebody")));
    assert_eq!(
        error.attempts().iter().map(|attempt| attempt.error.to_string()).collect::<Vec<_>>(),
        ["not here", "no"]
    );
    assert_eq!(third.times_asked(), 0);
}

#[tokio::test]
async fn a_chain_without_an_answer_tells_every_attempt() {
    let (_, first) = member([Err(absent())]);
    let (_, second) = member([Err(absent())]);
    let error = Chain::new(Cloud::public()).with(first).with(second).token(&arm()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.attempts().len(), 2);
}

#[tokio::test]
async fn the_member_that_answered_stays_the_identity() {
    let (first, first_auth) = member([Err(absent()), Ok(token("late"))]);
    let (_, second) = member([Ok(token("b")), Err(absent())]);
    let (third, third_auth) = member([Ok(token("c"))]);
    let chain = Chain::new(Cloud::public()).with(first_auth).with(second).with(third_auth);
    for _ in 0..3 {
        assert_eq!(chain.token(&arm()).await.unwrap().secret().expose(), "b");
    }
    let other = TokenRequest::new(Cloud::public().ml_scope().unwrap());
    let error = chain.token(&other).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Unavailable, 1));
    assert_eq!((first.times_asked(), third.times_asked()), (1, 0));
}
