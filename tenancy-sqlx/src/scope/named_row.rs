use tenancy_core::entity::{FromTenantRow, FromValue as _, Kind, Row, Value};
use tenancy_core::{Error, ErrorKind, TenantId};

/// Where the columns of a type stand in a result, and where rows of it tell their tenant.
#[derive(Debug)]
pub(super) struct Positions {
    read: Vec<usize>,
    tenants: Vec<usize>,
}

impl Positions {
    /// Finds the columns of `T` by name; capitals make no difference, as in the databases.
    pub(super) fn of<T: FromTenantRow>(
        row: &dyn Row,
        tenant_columns: &[&'static str],
    ) -> Result<Self, Error> {
        let names: Vec<&str> = (0..).map_while(|at| row.name(at)).collect();
        let read = T::COLUMNS.iter().map(|column| position(&names, column));
        let is_tenant =
            |name: &str| tenant_columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let tenants = (0..names.len()).filter(|at| is_tenant(names[*at])).collect();
        Ok(Self { read: read.collect::<Result<_, _>>()?, tenants })
    }

    /// Reads a row, after a look at whose it is.
    pub(super) fn read<T: FromTenantRow>(
        &self,
        row: &mut dyn Row,
        tenant: TenantId,
    ) -> Result<T, Error> {
        for at in &self.tenants {
            let owner = Option::<TenantId>::from_value(row.take(*at, Kind::Uuid)?)?;
            if owner.is_some_and(|owner| owner != tenant) {
                let message = "read a row: it belongs to another tenant";
                return Err(Error::new(ErrorKind::ForeignTenant, message));
            }
        }
        T::from_row(&mut NamedRow { row, positions: &self.read })
    }
}

fn position(names: &[&str], column: &str) -> Result<usize, Error> {
    let mut found = (0..names.len()).filter(|at| names[*at].eq_ignore_ascii_case(column));
    let refuse = |what: &str| {
        let message = format!("read the column {column:?} of a result: {what}");
        Error::new(ErrorKind::Misconfigured, message).with_subject(column.to_owned())
    };
    let Some(at) = found.next() else { return Err(refuse("there is none of this name")) };
    match found.next() {
        None => Ok(at),
        Some(_) => Err(refuse("two have this name: give one an alias")),
    }
}

/// A row whose columns stand in the order of a type.
struct NamedRow<'row> {
    row: &'row mut dyn Row,
    positions: &'row [usize],
}

impl Row for NamedRow<'_> {
    fn name(&self, index: usize) -> Option<&str> {
        self.positions.get(index).and_then(|at| self.row.name(*at))
    }

    fn take(&mut self, index: usize, kind: Kind) -> Result<Value, Error> {
        match self.positions.get(index) {
            Some(at) => self.row.take(*at, kind),
            None => Err(Error::new(ErrorKind::Internal, format!("read column {index}: no such"))),
        }
    }
}
