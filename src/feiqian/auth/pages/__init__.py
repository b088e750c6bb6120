"""The pages of customers: becoming one, signing in, proving who one is, confirming payments, staying safe."""
