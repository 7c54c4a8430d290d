import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type nb from './nb';

export const languages = ['nb', 'en'] as const;
export type UiLanguage = (typeof languages)[number];

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof nb };
  }
}

const load: Record<UiLanguage, () => Promise<{ default: object }>> = {
  nb: () => import('./nb'),
  en: () => import('./en'),
};

export function preferredLanguage(): UiLanguage {
  const stored = localStorage.getItem('language');
  if (stored === 'nb' || stored === 'en') return stored;
  return /^(nb|nn|no)\b/.test(navigator.language) ? 'nb' : 'en';
}

export async function setLanguage(lng: UiLanguage) {
  if (!i18next.hasResourceBundle(lng, 'translation'))
    i18next.addResourceBundle(lng, 'translation', (await load[lng]()).default);
  await i18next.changeLanguage(lng);
  document.documentElement.lang = lng;
  localStorage.setItem('language', lng);
}

export async function initI18n(lng = preferredLanguage()) {
  await i18next.use(initReactI18next).init({
    resources: {},
    lng,
    fallbackLng: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await setLanguage(lng);
  return i18next;
}
