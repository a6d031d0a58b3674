"""What is signed, served and proven, as RFC 6962 and C2SP have it; pure."""
