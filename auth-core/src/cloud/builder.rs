//! Clouds in the making.

use std::fmt;
use std::sync::Arc;

use super::endpoint::{endpoint, suffix};
use super::{Cloud, Inner};
use crate::{Error, Scope};

/// A [`Cloud`] in the making.
pub struct CloudBuilder(pub(super) Inner);

impl CloudBuilder {
    /// Replaces the sign-in authority.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn authority(mut self, url: &str) -> Result<Self, Error> {
        self.0.authority = endpoint(&self.0.name, "authority", url)?;
        Ok(self)
    }

    /// Replaces Azure Resource Manager.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn resource_manager(mut self, url: &str) -> Result<Self, Error> {
        self.0.resource_manager = endpoint(&self.0.name, "resource manager", url)?;
        Ok(self)
    }

    /// Replaces the audience of tokens for Azure Resource Manager. A trailing slash is part of it.
    ///
    /// # Errors
    /// As [`Scope::default_of`].
    pub fn arm_audience(mut self, audience: &str) -> Result<Self, Error> {
        self.0.arm_scope = Scope::default_of(audience)?.into();
        Ok(self)
    }

    /// Sets the audience of tokens for the Azure ML data plane.
    ///
    /// # Errors
    /// As [`Scope::default_of`].
    pub fn ml_audience(mut self, audience: &str) -> Result<Self, Error> {
        self.0.ml_scope = Some(Scope::default_of(audience)?.into());
        Ok(self)
    }

    /// Sets Microsoft Graph: the endpoint, which is the audience of its tokens, too. A trailing slash is part of it.
    ///
    /// # Errors
    /// As [`Cloud::custom`] and [`Scope::default_of`].
    pub fn graph(mut self, url: &str) -> Result<Self, Error> {
        self.0.graph = Some(endpoint(&self.0.name, "Microsoft Graph", url)?);
        self.0.graph_scope = Some(Scope::default_of(url)?.into());
        Ok(self)
    }

    /// Sets the suffix of the hosts of the Azure ML data plane, without a leading dot.
    ///
    /// # Errors
    /// As [`CloudBuilder::storage_suffix`].
    pub fn ml_api_suffix(mut self, text: &str) -> Result<Self, Error> {
        self.0.ml_api_suffix = Some(suffix(&self.0.name, "Azure ML", text)?);
        Ok(self)
    }

    /// Sets where the registries of Azure ML are looked up.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn ml_registry_discovery(mut self, url: &str) -> Result<Self, Error> {
        self.0.ml_registry_discovery = Some(endpoint(&self.0.name, "registry discovery", url)?);
        Ok(self)
    }

    /// Sets the Azure portal.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn portal(mut self, url: &str) -> Result<Self, Error> {
        self.0.portal = Some(endpoint(&self.0.name, "portal", url)?);
        Ok(self)
    }

    /// Sets the suffix of storage hosts.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if it is no part of a host's name.
    pub fn storage_suffix(mut self, text: &str) -> Result<Self, Error> {
        self.0.storage_suffix = Some(suffix(&self.0.name, "storage", text)?);
        Ok(self)
    }

    /// Sets the suffix of key vault hosts.
    ///
    /// # Errors
    /// As [`CloudBuilder::storage_suffix`].
    pub fn key_vault_suffix(mut self, text: &str) -> Result<Self, Error> {
        self.0.key_vault_suffix = Some(suffix(&self.0.name, "key vault", text)?);
        Ok(self)
    }

    /// The cloud.
    pub fn build(self) -> Cloud {
        Cloud(Arc::new(self.0))
    }
}

impl fmt::Debug for CloudBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudBuilder").field("name", &self.0.name).finish_non_exhaustive()
    }
}
