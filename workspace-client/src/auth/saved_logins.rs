//! The logins that earlier sign-ins saved: one record an account, and one that names the current account.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use async_trait::async_trait;
use auth_core::oauth::EntraClient;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Cloud, Credential, Error, ErrorKind, Grant, Partition, Record,
    SignInCommand, Tenant, TokenRequest, TokenSource as _, TokenStore, service_principal,
};

use super::login_hint::LoginHint;
use super::managed_identity::OwnMachine;
use super::saved_login::{SavedLogin, signed_out};

/// How long a record that another process holds is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// What tells an account apart that has neither an id nor a name.
const UNNAMED: &str = "unnamed";

/// Answers with the saved login of one account: the one that is wanted, else the current one. It is chosen at the first call,
/// and stays, whatever other processes choose.
#[derive(Debug)]
pub(super) struct SavedLogins {
    client: EntraClient,
    store: Arc<dyn TokenStore>,
    machine: OwnMachine,
    wanted: Option<LoginHint>,
    /// Its record names the current account, and holds no token.
    pointer: Partition,
    chosen: ArcSwapOption<Cached<SavedLogin>>,
}

/// What a sign-out did to the saved logins.
#[derive(Debug)]
pub(super) struct Forgotten {
    pub(super) removed: Vec<Account>,
    pub(super) remaining: Vec<Account>,
    pub(super) current: Option<Account>,
}

impl SavedLogins {
    pub(super) fn new(
        client: EntraClient,
        store: Arc<dyn TokenStore>,
        machine: OwnMachine,
        wanted: Option<LoginHint>,
    ) -> Self {
        // The authority is part of it: a refresh token must never travel to another one that bears the same cloud's name.
        let pointer = Partition::new("login", parts(&client));
        Self { client, store, machine, wanted, pointer, chosen: ArcSwapOption::empty() }
    }

    /// The account of the login that answers, if there is one.
    pub(super) async fn account(&self) -> Result<Option<Account>, Error> {
        Ok(self.record().await?.and_then(|record| record.account))
    }

    /// Everything that is kept of the login that answers, if there is one.
    pub(super) async fn record(&self) -> Result<Option<Record>, Error> {
        match self.chosen().await {
            Ok(login) => login.saved().await,
            Err(error) if error.kind() == ErrorKind::Unavailable => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every account that has a login.
    pub(super) async fn accounts(&self) -> Result<Vec<Account>, Error> {
        // A login of the earlier layout moves to its place.
        let _ = self.current().await;
        let mut accounts = Vec::new();
        for partition in self.logins().await? {
            accounts.push(self.account_of(&partition).await);
        }
        Ok(accounts)
    }

    /// The cloud and the account of every login to another cloud.
    pub(super) async fn elsewhere(&self) -> Result<Vec<(String, Account)>, Error> {
        let mut partitions = self.store.partitions().await?;
        partitions.retain(|partition| !partition.is_within(&self.pointer));
        partitions.sort();
        let mut logins = Vec::new();
        for partition in partitions {
            let parts: Vec<_> = partition.as_str().split('/').collect();
            // As this type makes them: the kind, the cloud, the authority, the client, and the account.
            let ["login", cloud, _, _, _] = parts[..] else { continue };
            let known = Cloud::known_names().find(|known| known.eq_ignore_ascii_case(cloud));
            logins.push((known.unwrap_or(cloud).to_owned(), self.account_of(&partition).await));
        }
        Ok(logins)
    }

    /// Takes in a sign-in: from now on it answers here, and is the current one for every later process, unless
    /// another account was wanted and there is a current one.
    pub(super) async fn adopt(&self, request: &TokenRequest, grant: Grant) -> Result<(), Error> {
        let account = grant.account.clone();
        let is_other = (self.wanted.as_ref().zip(account.as_ref())).is_some_and(|(wanted, it)| !wanted.is_of(it));
        let has_current = is_other && matches!(self.current().await, Ok(Some(_)));
        let partition = self.partition(account.as_ref());
        let login = match self.chosen.load_full() {
            Some(login) if login.source().partition() == partition => login,
            _ => Arc::new(self.login(partition)),
        };
        let saved = login.adopt(request, grant).await;
        self.chosen.store(Some(login));
        saved?;
        if has_current { Ok(()) } else { self.point_to(account).await }
    }

    /// Signs an application in, with a credential that goes along with the grant.
    pub(super) async fn sign_in_application(
        &self,
        client_id: &str,
        tenant: &Tenant,
        request: &TokenRequest,
        credential: Credential,
    ) -> Result<Grant, Error> {
        let client = self.client.as_client(client_id);
        let grant = service_principal::sign_in(&client, tenant, request, &credential).await?;
        let tenant = grant.access_token.tenant().unwrap_or(tenant).clone();
        // Entra ID tells an application no id of an account; this is as stable, and tells tenants apart.
        let home_account_id = Some(format!("{client_id}.{tenant}").to_lowercase());
        let account = Account { home_account_id, username: Some(client_id.to_owned()), tenant: Some(tenant) };
        Ok(Grant { account: Some(account), credential: Some(credential), ..grant })
    }

    /// Signs in with the identity of this machine.
    #[cfg(feature = "msi")]
    pub(super) async fn sign_in_managed_identity(
        &self,
        identity: &auth_msi::Identity,
        request: &TokenRequest,
    ) -> Result<Grant, Error> {
        self.machine.sign_in(identity, request).await
    }

    /// Makes the account of the login that answers the current one.
    pub(super) async fn make_current(&self) -> Result<(), Error> {
        let login = self.chosen().await?;
        let record = login.saved().await?.ok_or_else(|| signed_out(self.client.cloud()))?;
        self.point_to(record.account).await
    }

    /// Removes the login that answers, or all. If just one remains, it becomes the current one where that was removed.
    pub(super) async fn forget(&self, all: bool) -> Result<Forgotten, Error> {
        let (chosen, mut partitions) = (self.chosen().await, self.logins().await?);
        if let Ok(login) = &chosen
            && !partitions.contains(&login.source().partition())
        {
            // It could not be saved, or lies where an earlier layout put it.
            partitions.push(login.source().partition());
        }
        let targets = match &chosen {
            Ok(login) if !all => vec![login.source().partition()],
            _ if all => partitions,
            Err(error) if error.kind() == ErrorKind::Unavailable => Vec::new(),
            // Which one is the current one cannot be read, but there is no choice.
            Err(error) if error.kind() == ErrorKind::Store && partitions.len() <= 1 && self.wanted.is_none() => {
                if partitions.is_empty() {
                    vec![self.pointer.clone()]
                } else {
                    partitions
                }
            }
            Err(error) => return Err(error.clone()),
            Ok(_) => partitions,
        };
        let mut removed = Vec::new();
        for partition in targets {
            let account = self.account_of(&partition).await;
            let was_there = match &chosen {
                Ok(login) if login.source().partition() == partition => login.forget().await?,
                _ => self.store.lock(&partition, PATIENCE).await?.remove().await?,
            };
            removed.extend(was_there.then_some(account));
        }
        let current = self.point_to_who_is_left().await.map_err(|error| {
            let names = removed.iter().map(name).collect::<Vec<_>>().join(", ");
            if names.is_empty() {
                return error;
            }
            let message = format!("the login of {names} is removed, but not its name as the current account: {error}");
            let told = Error::new(error.kind(), message);
            match error.help() {
                Some(help) => told.with_help(help),
                None => told,
            }
        })?;
        Ok(Forgotten { removed, remaining: self.accounts().await?, current })
    }

    /// The login that answers.
    async fn chosen(&self) -> Result<Arc<Cached<SavedLogin>>, Error> {
        if let Some(login) = self.chosen.load_full() {
            return Ok(login);
        }
        let login = Arc::new(self.login(self.choose().await?));
        let earlier = self.chosen.compare_and_swap(&None::<Arc<_>>, Some(login.clone()));
        // Another first call may have been faster, and settled who this process is.
        Ok(Guard::into_inner(earlier).unwrap_or(login))
    }

    async fn choose(&self) -> Result<Partition, Error> {
        let current = self.current().await;
        if let Some(wanted) = &self.wanted {
            return self.find(wanted, current).await;
        }
        if let Some((partition, _)) = current?
            && self.is_there(&partition).await
        {
            return Ok(partition);
        }
        self.only_one(self.logins().await?).await
    }

    /// The login of the account that is wanted. What cannot be read may be just that one, so that its error counts.
    async fn find(
        &self,
        wanted: &LoginHint,
        current: Result<Option<(Partition, Option<Account>)>, Error>,
    ) -> Result<Partition, Error> {
        let problem = match current {
            Ok(Some((partition, Some(account)))) if wanted.is_of(&account) && self.is_there(&partition).await => {
                return Ok(partition);
            }
            current => current.err(),
        };
        let (mut fitting, mut problem) = (Vec::new(), problem);
        for partition in self.logins().await? {
            match self.store.load(&partition).await {
                Ok(Some(record)) if record.account.as_ref().is_some_and(|account| wanted.is_of(account)) => {
                    fitting.push(partition);
                }
                Ok(_) => {}
                Err(_) if partition == self.named(wanted.as_str()) => fitting.push(partition),
                Err(error) => problem = Some(error),
            }
        }
        match problem {
            Some(error) if fitting.is_empty() => Err(error),
            _ => self.only_one(fitting).await,
        }
    }

    async fn only_one(&self, mut partitions: Vec<Partition>) -> Result<Partition, Error> {
        let cloud = self.client.cloud();
        match (partitions.len(), partitions.pop()) {
            (1, Some(partition)) => Ok(partition),
            (_, None) => Err(match &self.wanted {
                Some(wanted) => {
                    let message = format!("{} has not signed in to {} with azml", wanted.as_str(), cloud.name());
                    Error::new(ErrorKind::Unavailable, message).with_help(wanted.sign_in_command(cloud))
                }
                None => signed_out(cloud),
            }),
            (count, Some(last)) => {
                let mut names = Vec::new();
                for partition in partitions.into_iter().chain([last]) {
                    names.push(name(&self.account_of(&partition).await).to_owned());
                }
                let (cloud_name, names) = (cloud.name(), names.join(", "));
                let message =
                    format!("{count} accounts are signed in to {cloud_name}, and none is the current one: {names}");
                Err(Error::new(ErrorKind::Interaction, message).with_help(format!(
                    "choose one with azml account set --subscription <id or name>, or sign in with {}",
                    SignInCommand::new(cloud)
                )))
            }
        }
    }

    /// Where the login of the current account should be, and whose it is.
    async fn current(&self) -> Result<Option<(Partition, Option<Account>)>, Error> {
        let Some(record) = self.store.load(&self.pointer).await? else { return Ok(None) };
        let mut partition = self.partition(record.account.as_ref());
        if is_login(&record)
            && let Err(error) = self.take_over().await
        {
            tracing::debug!(%error, "a login of the earlier layout stays in its place");
            partition = self.pointer.clone();
        }
        Ok(Some((partition, record.account)))
    }

    async fn take_over(&self) -> Result<(), Error> {
        let mut pointer = self.store.lock(&self.pointer, PATIENCE).await?;
        match pointer.load().await? {
            Some(record) if is_login(&record) => {
                self.move_away(&record).await?;
                pointer.save(&naming(record.account)).await
            }
            _ => Ok(()),
        }
    }

    /// Puts a login of the earlier layout, which lay where now the current account is named, into its account's place.
    async fn move_away(&self, login: &Record) -> Result<(), Error> {
        let mut place = self.store.lock(&self.partition(login.account.as_ref()), PATIENCE).await?;
        // What is there already is newer.
        if place.load().await?.is_some() { Ok(()) } else { place.save(login).await }
    }

    async fn point_to(&self, account: Option<Account>) -> Result<(), Error> {
        let mut pointer = self.store.lock(&self.pointer, PATIENCE).await?;
        let new = naming(account);
        match pointer.load().await {
            Ok(Some(before)) if before == new => return Ok(()),
            Ok(Some(before)) if is_login(&before) => self.move_away(&before).await?,
            // What cannot be read is set aside by the store.
            _ => {}
        }
        pointer.save(&new).await
    }

    /// After a removal: leaves the current account if it is still there, else takes the only one that is, else names none.
    async fn point_to_who_is_left(&self) -> Result<Option<Account>, Error> {
        if self.logins().await?.is_empty() && !self.is_there(&self.pointer).await {
            return Ok(None);
        }
        let mut pointer = self.store.lock(&self.pointer, PATIENCE).await?;
        let mut logins = self.logins().await?;
        if let Ok(Some(record)) = pointer.load().await
            && logins.contains(&self.partition(record.account.as_ref()))
        {
            return Ok(record.account);
        }
        let left = logins.pop().filter(|_| logins.is_empty());
        let record = match left {
            Some(partition) => self.store.load(&partition).await.ok().flatten(),
            None => None,
        };
        match record {
            Some(record) => {
                pointer.save(&naming(record.account.clone())).await?;
                Ok(record.account)
            }
            None => pointer.remove().await.map(|_| None),
        }
    }

    /// The partitions of accounts, in a stable order.
    async fn logins(&self) -> Result<Vec<Partition>, Error> {
        let mut partitions = self.store.partitions().await?;
        partitions.retain(|partition| partition.is_within(&self.pointer) && *partition != self.pointer);
        partitions.sort();
        Ok(partitions)
    }

    /// Whose login it is, as far as it can be read.
    async fn account_of(&self, partition: &Partition) -> Account {
        let account = self.store.load(partition).await.ok().flatten().and_then(|record| record.account);
        account.unwrap_or_else(|| {
            let id = partition.as_str().rsplit('/').next().filter(|_| *partition != self.pointer);
            Account { home_account_id: id.map(str::to_owned), username: None, tenant: None }
        })
    }

    /// Whether there is a record, which need not be readable.
    async fn is_there(&self, partition: &Partition) -> bool {
        !matches!(self.store.load(partition).await, Ok(None))
    }

    /// Where the login of this account is kept.
    fn partition(&self, account: Option<&Account>) -> Partition {
        let id = account.and_then(|account| account.home_account_id.as_deref().or(account.username.as_deref()));
        self.named(id.unwrap_or(UNNAMED))
    }

    fn named(&self, id: &str) -> Partition {
        Partition::new("login", parts(&self.client).into_iter().chain([id]))
    }

    fn login(&self, partition: Partition) -> Cached<SavedLogin> {
        let login = SavedLogin::new(self.client.clone(), self.machine.clone(), partition);
        Cached::new(login, self.client.cloud().clone())
            .with_store(self.store.clone())
            .with_clock(self.machine.clock.clone())
    }
}

#[async_trait]
impl Authentication for SavedLogins {
    fn name(&self) -> &'static str {
        "saved login"
    }

    fn cloud(&self) -> &Cloud {
        self.client.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        self.chosen().await?.token(request).await
    }
}

/// How an account is called.
pub(super) fn name(account: &Account) -> &str {
    account.username.as_deref().or(account.home_account_id.as_deref()).unwrap_or(UNNAMED)
}

fn parts(client: &EntraClient) -> [&str; 3] {
    [client.cloud().name(), client.cloud().authority().as_str(), client.client_id()]
}

/// Whether a record is more than a name.
fn is_login(record: &Record) -> bool {
    record.refresh_token.is_some() || record.credential.is_some() || !record.tokens.is_empty()
}

fn naming(account: Option<Account>) -> Record {
    let mut record = Record::default();
    record.account = account;
    record
}
