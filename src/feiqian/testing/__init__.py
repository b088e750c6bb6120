"""What tests of several folders share: servers of their own. Nothing of the product imports this."""
