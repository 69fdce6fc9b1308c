"""What is kept: people, purchases, parcels, what carriers and sellers said, what we answered, when to look again."""
