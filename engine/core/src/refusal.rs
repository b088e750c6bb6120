//! Every refusal, in order of precedence.

macro_rules! refusals {
    ($($name:ident = $number:literal,)*) => {
        /// Why an event was not applied, in order of precedence: the first that fits is the answer. The names and the
        /// numbers are those of `Refusal` in `engine.py`, which says what they mean. A number has no order: it is given
        /// once, and a refusal that is declared between others changes none.
        #[allow(non_camel_case_types, missing_docs, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Refusal { $($name = $number,)* }

        impl Refusal {
            /// All of them, in order of precedence.
            pub const ALL: &'static [Refusal] = &[$(Refusal::$name,)*];

            /// The name, as everywhere.
            pub fn name(self) -> &'static str {
                match self { $(Refusal::$name => stringify!($name),)* }
            }

            /// The refusal with this number, if there is one.
            #[inline]
            pub fn of(number: u16) -> Option<Refusal> {
                match number { $($number => Some(Refusal::$name),)* _ => None }
            }
        }
    };
}

refusals! {
    OK = 0,
    // The id was accepted before; `Engine::compare` says by what it is compared, and by what not.
    EXISTS = 1,
    // Malformed: the caller's mistake, whatever the state.
    CHAIN_OPEN = 2,
    LINKED_EVENT_FAILED = 3,
    TYPE_INVALID = 4,
    FLAGS_INVALID = 5,
    ID_MUST_NOT_BE_ZERO = 6,
    SIDES_INVALID = 7,
    PERIOD_INVALID = 8,
    CURRENCY_INVALID = 9,
    // The id was used before, for something else.
    EXISTS_WITH_DIFFERENT_TYPE = 10,
    EXISTS_WITH_DIFFERENT_DEBIT = 11,
    EXISTS_WITH_DIFFERENT_CREDIT = 12,
    EXISTS_WITH_DIFFERENT_AMOUNT = 13,
    EXISTS_WITH_DIFFERENT_KIND = 14,
    EXISTS_WITH_DIFFERENT_REFERENCE = 15,
    EXISTS_WITH_DIFFERENT_CURRENCY = 16,
    EXISTS_WITH_DIFFERENT_OVERDRAFT = 17,
    EXISTS_WITH_DIFFERENT_PERIOD = 18,
    ID_ALREADY_USED = 19,
    // Claims and allowances.
    CLAIM_ALREADY_PAST = 20,
    CLAIMED = 21,
    ALLOWANCE_NOT_FOUND = 22,
    ALLOWANCE_EXCEEDED = 23,
    // Money.
    HOLD_NOT_FOUND = 24,
    HOLD_CAPTURED = 25,
    HOLD_RELEASED = 26,
    HOLD_EXPIRED = 27,
    AMOUNT_MUST_NOT_BE_ZERO = 28,
    AMOUNT_ABOVE_HOLD = 29,
    ACCOUNTS_MUST_BE_DIFFERENT = 30,
    ACCOUNT_NOT_FOUND = 31,
    DEBIT_ACCOUNT_NOT_FOUND = 32,
    CREDIT_ACCOUNT_NOT_FOUND = 33,
    CURRENCIES_DIFFER = 34,
    ACCOUNT_CLOSED = 35,
    DEBIT_ACCOUNT_CLOSED = 36,
    CREDIT_ACCOUNT_CLOSED = 37,
    DEBIT_ACCOUNT_FROZEN = 38,
    CREDIT_ACCOUNT_FROZEN = 39,
    ACCOUNT_NOT_EMPTY = 40,
    OVERFLOW = 41,
    NOTHING_AVAILABLE = 42,
    INSUFFICIENT_FUNDS = 43,
}

impl Refusal {
    /// Whether a chain refused so keeps its name; a malformed chain or a name taken by another does not.
    #[inline]
    pub fn remembered(self) -> bool {
        self.refuses()
            && !matches!(
                self,
                Refusal::CHAIN_OPEN
                    | Refusal::LINKED_EVENT_FAILED
                    | Refusal::TYPE_INVALID
                    | Refusal::FLAGS_INVALID
                    | Refusal::ID_MUST_NOT_BE_ZERO
                    | Refusal::SIDES_INVALID
                    | Refusal::PERIOD_INVALID
                    | Refusal::CURRENCY_INVALID
                    | Refusal::EXISTS_WITH_DIFFERENT_TYPE
                    | Refusal::EXISTS_WITH_DIFFERENT_DEBIT
                    | Refusal::EXISTS_WITH_DIFFERENT_CREDIT
                    | Refusal::EXISTS_WITH_DIFFERENT_AMOUNT
                    | Refusal::EXISTS_WITH_DIFFERENT_KIND
                    | Refusal::EXISTS_WITH_DIFFERENT_REFERENCE
                    | Refusal::EXISTS_WITH_DIFFERENT_CURRENCY
                    | Refusal::EXISTS_WITH_DIFFERENT_OVERDRAFT
                    | Refusal::EXISTS_WITH_DIFFERENT_PERIOD
                    | Refusal::ID_ALREADY_USED
            )
    }

    /// Whether the event (and with it its chain) is refused: anything but OK and EXISTS.
    #[inline]
    pub(crate) fn refuses(self) -> bool {
        !matches!(self, Refusal::OK | Refusal::EXISTS)
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    mod inserted {
        refusals! {
            OK = 0,
            NEW = 44,
            EXISTS = 1,
        }
    }

    #[test]
    fn a_refusal_is_found_by_its_number() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::of(*refusal as u16), Some(*refusal));
        }
        let known = (0..=u16::MAX).filter(|number| Refusal::of(*number).is_some());
        assert_eq!(known.count(), Refusal::ALL.len());
    }

    #[test]
    fn a_refusal_between_others_renumbers_none() {
        use inserted::Refusal;
        let declared: Vec<_> = Refusal::ALL.iter().map(|refusal| (refusal.name(), *refusal as u16)).collect();
        assert_eq!(declared, [("OK", 0), ("NEW", 44), ("EXISTS", 1)]);
        assert_eq!([44, 1, 2].map(Refusal::of), [Some(Refusal::NEW), Some(Refusal::EXISTS), None]);
    }
}
