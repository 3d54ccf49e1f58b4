export const accountAddress = (id: string): string => `/accounts/${encodeURIComponent(id)}`
