use serde::{Deserialize, Serialize};
use tenancy_core::{Error, List, TenantId};
use tenancy_sqlx::{TenantEntity, TenantTx, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::AccountId;
use crate::money::Currency;

/// A side of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// What somebody owes the tenant, and what it has.
    Debit,
    /// What it owes, and what it earned.
    Credit,
}

impl Side {
    /// Returns the one across.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

/// What an account is for. A tenant has one of each kind and currency, from its first use on.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    TenantValue,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountCode {
    /// What payment providers have taken and not yet paid out.
    PspReceivable,
    /// What is the merchant's once providers have paid out.
    MerchantPending,
    /// What the merchant can dispose of.
    MerchantAvailable,
    /// What the platform keeps.
    FeeIncome,
    /// What providers have paid out.
    Bank,
    /// What payers' banks have taken back until it is decided whose it is.
    DisputeReserve,
    /// What providers charge for disputes.
    DisputeFee,
}

impl AccountCode {
    /// Returns the side on which the account grows.
    pub(crate) const fn normal_side(self) -> Side {
        match self {
            Self::PspReceivable | Self::Bank => Side::Debit,
            Self::MerchantPending
            | Self::MerchantAvailable
            | Self::FeeIncome
            | Self::DisputeReserve
            | Self::DisputeFee => Side::Credit,
        }
    }
}

/// An account of a tenant's ledger in one currency.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "ledger_accounts")]
pub(crate) struct Account {
    #[tenant(key)]
    pub(crate) id: AccountId,
    pub(crate) tenant_id: TenantId,
    pub(crate) code: AccountCode,
    pub(crate) currency: Currency,
    pub(crate) normal_side: Side,
    /// All postings, counted towards the normal side. Kept beside them: a sum over millions of
    /// rows would be too late for the next payment.
    pub(crate) balance: i64,
    /// What of it is spoken for.
    pub(crate) held: i64,
    /// What `balance - held` never falls below; no value for no floor.
    pub(crate) min_balance: Option<i64>,
    pub(crate) created_at: OffsetDateTime,
}

impl Account {
    /// Returns the tenant's accounts of these codes in a currency, and opens those it has not
    /// used yet. Two that open one at the same time get the same.
    pub(super) async fn of(
        tx: &mut TenantTx,
        codes: &[AccountCode],
        currency: Currency,
        now: OffsetDateTime,
    ) -> Result<Vec<Self>, Error> {
        let found = Self::find(tx, codes, currency).await?;
        if found.len() == codes.len() {
            return Ok(found);
        }
        for code in codes {
            if !found.iter().any(|account| account.code == *code) {
                Self::open(tx, *code, currency, now).await?;
            }
        }
        Self::find(tx, codes, currency).await
    }

    async fn find(
        tx: &mut TenantTx,
        codes: &[AccountCode],
        currency: Currency,
    ) -> Result<Vec<Self>, Error> {
        let which = Self::CODE.is_in(codes.iter().copied()).and(Self::CURRENCY.eq(currency));
        let limit = u16::try_from(codes.len()).expect("there are few codes");
        Ok(tx.repo::<Self>().list(List::oldest(limit).filter(which)).await?.items)
    }

    async fn open(
        tx: &mut TenantTx,
        code: AccountCode,
        currency: Currency,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        tx.sql(
            "INSERT INTO ledger_accounts (id, code, currency, normal_side, balance, held, created_at)
             VALUES ($1, $2, $3, $4, 0, 0, $5)
             ON CONFLICT (code, currency) DO NOTHING",
        )
        .bind(AccountId::generate())
        .bind(code)
        .bind(currency)
        .bind(code.normal_side())
        .bind(now)
        .execute()
        .await
        .map(drop)
    }
}
