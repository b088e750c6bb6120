"""Mixed operations of many customers, by a process that is killed again and again, and a witness that counts."""
