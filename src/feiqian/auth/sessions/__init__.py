"""Who is signed in, from which device."""
