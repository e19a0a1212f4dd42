import { existsSync } from 'node:fs'

// Contenders that are no packages, where Debian has them.

export const NGINX = '/usr/sbin/nginx'
export const NCHAN_MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so'
export const C_COMPILER = '/usr/bin/gcc'

export function nchanIsInstalled(): boolean {
  return existsSync(NGINX) && existsSync(NCHAN_MODULE)
}

export function compilerIsInstalled(): boolean {
  return process.platform === 'linux' && existsSync(C_COMPILER)
}
