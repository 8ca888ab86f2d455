"""Messages to people: an outbox written in the transaction that they tell of, and the relay that delivers them."""
