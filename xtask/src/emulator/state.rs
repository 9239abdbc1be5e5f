//! What the emulator remembers, behind one lock that is never held across an await.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::arm::{Store, secrets};
use super::data_plane::{self, Blobs, Plane};
use super::fault::Fault;
use super::log::Log;
use super::managed_identity::Machine;
use super::tokens::{self, Person, Subject, Validity};
use super::world::{ManagedIdentity, Membership, ServicePrincipal, Tenant, User, World};

/// The state that every handler shares.
#[derive(Debug)]
pub(super) struct Shared(Mutex<State>);

/// The state itself.
#[derive(Debug)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) log: Log,
    pub(super) faults: Vec<Fault>,
    pub(super) refused_hosts: Vec<String>,
    pub(super) codes: HashMap<String, CodeGrant>,
    pub(super) refresh_tokens: HashMap<String, RefreshGrant>,
    pub(super) device_codes: BTreeMap<String, DeviceGrant>,
    pub(super) access_token_lifetime: Option<Duration>,
    pub(super) refresh_in: Option<Duration>,
    pub(super) device_code_interval: i64,
    pub(super) secrets: Vec<String>,
    pub(super) machine: Machine,
    pub(super) store: Store,
    pub(super) plane: Plane,
    pub(super) blobs: Blobs,
    access_tokens: HashMap<String, IssuedAccessToken>,
    clock_offset: Duration,
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(super) struct CodeGrant {
    pub(super) username: String,
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) scope: String,
    /// The authentication contexts that the sign-in was made for.
    pub(super) contexts: Vec<String>,
    pub(super) expires: i64,
    pub(super) redeemed: bool,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
pub(super) struct RefreshGrant {
    pub(super) username: String,
    /// The client that it was issued to; `None` works for all.
    pub(super) client_id: Option<String>,
    /// The tenant where the person signed in, which is where MFA was done.
    pub(super) tenant_id: String,
    /// The authentication contexts that the sign-in was made for.
    pub(super) contexts: Vec<String>,
    pub(super) revoked: bool,
}

/// A device code and what became of it.
#[derive(Clone, Debug)]
pub(super) struct DeviceGrant {
    pub(super) user_code: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) expires: i64,
    /// How often it may be asked for, and when that was done last, in seconds.
    pub(super) interval: i64,
    pub(super) asked_at: Option<i64>,
    pub(super) decision: Decision,
}

/// What the person said on the device code page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Approved(String),
    Declined,
    Pending,
}

#[derive(Debug)]
struct IssuedAccessToken {
    username: Option<String>,
    revoked_at: Option<i64>,
}

impl Shared {
    pub(super) fn new(world: World, machine: Machine) -> Self {
        Self(Mutex::new(State {
            world,
            log: Log::default(),
            faults: Vec::new(),
            refused_hosts: Vec::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            device_codes: BTreeMap::new(),
            access_token_lifetime: None,
            refresh_in: None,
            device_code_interval: 5,
            secrets: secrets::ALL
                .iter()
                .chain(data_plane::secrets::ALL)
                .map(ToString::to_string)
                .chain([machine.secret.clone()])
                .collect(),
            machine,
            store: Store::default(),
            plane: Plane::default(),
            blobs: Blobs::default(),
            access_tokens: HashMap::new(),
            clock_offset: Duration::ZERO,
        }))
    }

    /// The state. A handler that panicked does not take the others down with it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The emulator's time, in seconds since the epoch.
    pub(super) fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970") + self.clock_offset;
        i64::try_from(now.as_secs()).expect("seconds since 1970 fit")
    }

    pub(super) fn advance_clock(&mut self, by: Duration) {
        self.clock_offset += by;
    }

    /// The user of this name; a test that names nobody has a mistake in it.
    pub(super) fn expect_user(&self, username: &str) -> User {
        let known: Vec<&str> = self.world.users.iter().map(|user| user.username.as_str()).collect();
        self.world.user(username).unwrap_or_else(|| panic!("the world has no user {username}, only {known:?}")).clone()
    }

    /// How long the next access token lives: as set, or Entra's random 60 to 90 minutes.
    pub(super) fn next_lifetime(&self) -> i64 {
        match self.access_token_lifetime {
            Some(lifetime) => i64::try_from(lifetime.as_secs()).expect("a lifetime fits"),
            None => 3600 + i64::from(uuid::Uuid::new_v4().as_bytes()[0]) * 7,
        }
    }

    /// Issues and remembers an access token.
    pub(super) fn access_token(
        &mut self,
        subject: &Subject,
        audience: &str,
        lifetime: i64,
        continuous_access: bool,
    ) -> String {
        let issued = self.now();
        let validity = Validity { issued, expires: issued + lifetime };
        let token = tokens::access_token(subject, audience, validity, continuous_access);
        let username = subject.person.as_ref().map(|person| person.username.clone());
        self.access_tokens.insert(token.clone(), IssuedAccessToken { username, revoked_at: None });
        self.secrets.push(token.clone());
        token
    }

    /// Issues and remembers a refresh token.
    pub(super) fn refresh_token(&mut self, grant: RefreshGrant) -> String {
        let token = tokens::opaque("1.A");
        self.refresh_tokens.insert(token.clone(), grant);
        self.secrets.push(token.clone());
        token
    }

    /// When this access token was revoked, if it was.
    pub(super) fn revoked_at(&self, access_token: &str) -> Option<i64> {
        self.access_tokens.get(access_token).and_then(|token| token.revoked_at)
    }

    /// Ends everything that was issued to this user so far.
    pub(super) fn revoke(&mut self, username: &str) {
        for grant in self.refresh_tokens.values_mut().filter(|grant| grant.username.eq_ignore_ascii_case(username)) {
            grant.revoked = true;
        }
        self.revoke_access_tokens(username);
    }

    /// Ends the access tokens of this user, and nothing else.
    pub(super) fn revoke_access_tokens(&mut self, username: &str) {
        let now = self.now();
        for token in self.access_tokens.values_mut() {
            if token.username.as_deref().is_some_and(|owner| owner.eq_ignore_ascii_case(username)) {
                token.revoked_at = Some(now);
            }
        }
    }
}

impl Subject {
    /// A person, in a tenant where the account exists.
    pub(super) fn person(user: &User, membership: &Membership, client_id: &str, signed_in_with_mfa: bool) -> Self {
        Self {
            tenant_id: membership.tenant_id.clone(),
            object_id: membership.object_id.clone(),
            client_id: client_id.to_owned(),
            person: Some(Person {
                username: user.username.clone(),
                name: user.name.clone(),
                is_guest: user.home().tenant_id != membership.tenant_id,
                signed_in_with_mfa,
                contexts: Vec::new(),
            }),
            managed_identity: None,
        }
    }

    /// An application, in the tenant where it exists.
    pub(super) fn application(principal: &ServicePrincipal, tenant: &Tenant) -> Self {
        Self {
            tenant_id: tenant.id.clone(),
            object_id: principal.object_id.clone(),
            client_id: principal.client_id.clone(),
            person: None,
            managed_identity: None,
        }
    }

    /// A managed identity, in the tenant where it exists.
    pub(super) fn managed_identity(identity: &ManagedIdentity) -> Self {
        Self {
            tenant_id: identity.tenant_id.clone(),
            object_id: identity.object_id.clone(),
            client_id: identity.client_id.clone(),
            person: None,
            managed_identity: Some(identity.resource_id.clone()),
        }
    }
}
