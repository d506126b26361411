"""The cheat sheet's part on OAuth2 and SMART."""

OAUTH = """\
## OAuth2 and SMART over HTTP

| to | send | good | bad |
| --- | --- | --- | --- |
| find the server | `GET [base]/.well-known/smart-configuration` | 200 | 404: not SMART |
| send a user there | `[authorize]?response_type=code&client_id=…&redirect_uri=…&scope=…&state=…&\
aud=[base]&code_challenge=…&code_challenge_method=S256` | back with `code`, `state`, `iss` | \
back with `error` |
| get a token for the code | `POST [token]`, `grant_type=authorization_code&code=…&\
redirect_uri=…&code_verifier=…&client_id=…` | 200 | 400 `invalid_grant` |
| get one as a system | `POST [token]`, `grant_type=client_credentials&scope=system/…&\
client_assertion_type=…:jwt-bearer&client_assertion=…` | 200 | 400, 401 `invalid_client` |
| go on | `POST [token]`, `grant_type=refresh_token&refresh_token=…` | 200, a new one | 400 \
`invalid_grant`: log in |
| ask for data, or pixels | `Authorization: Bearer …`, never in the URL | 200 | 401 get a token, \
403 ask for more |

Scopes: `patient`, `user` or `system`, `/`, a type or `*`, `.`, letters of `cruds` in this \
order, and `?parameter=value`. Pixels
follow `ImagingStudy`. SMART 1: `.read` is `.rs`, `.write` is `.cud`."""
