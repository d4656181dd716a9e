"""Who somebody is: people of clinics, how they prove it, and what they keep for themselves."""
