"""The commands of `feiqian`, one module each. A module registers its options and imports what it needs when it runs."""
