# Signing in
login-title = Sign in
login-username = User name
login-password = Password
login-do = Sign in
login-forgotten = Forgotten your password? The laboratory's administrator can set a new one.
error-login = Wrong user name or password.
