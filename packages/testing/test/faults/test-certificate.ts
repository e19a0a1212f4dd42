/**
 * A key pair and its own certificate for `localhost`, for tests alone: it guards nothing, and is valid until the year 2126.
 * Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost`.
 */
export const testCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJY9kh+2nopdbCL+g
0dyvzuAPj6d+qVVKPHos0RC1eDehRANCAASraBC27DOwH/zfLW1vaigb4EiRFiUW
GeJ1IZti6KspwJabKD/hI12BV92VY4VYFFiKRaj190cKS6zV3NPICjUZ
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUVEFSAVT0OyDW5DZUHkRdPs7rArowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA0NTU0NVoYDzIxMjYxMDI4
MDQ1NTQ1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASraBC27DOwH/zfLW1vaigb4EiRFiUWGeJ1IZti6KspwJabKD/hI12B
V92VY4VYFFiKRaj190cKS6zV3NPICjUZo28wbTAdBgNVHQ4EFgQU0uZj4/yQqgRr
6MKzgEMYRNuLGOUwHwYDVR0jBBgwFoAU0uZj4/yQqgRr6MKzgEMYRNuLGOUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgKgC0qlxBJxdJE21ccCd5k3BLJXC62noht4MRecRwtdICICNt
ZXNhdlH9R+r/ELziu//cfXbEzJFiGcgB+DEyz5kW
-----END CERTIFICATE-----`,
}
